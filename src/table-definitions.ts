// The only source of the tables' keys and indexes: creation in local mode and tests reads it, and the deployment's
// definitions are compared with it. Names of the first four are those of the deployment that is replaced in place.

import type { Table } from './store.ts';

export type IndexDefinition = { readonly name: string; readonly partition: string; readonly sort?: string };
export type TableDefinition = {
  readonly defaultName: string;
  readonly partition: string;
  readonly sort?: string;
  /** Every index projects all attributes; every key attribute is a string. */
  readonly indexes: readonly IndexDefinition[];
  /** The attribute with the epoch second after which DynamoDB may drop the row: garbage only, it comes days late. */
  readonly timeToLive?: string;
};

export const TableDefinitions: Readonly<Record<Table, TableDefinition>> = {
  requests: {
    defaultName: 'jit_requests',
    partition: 'request_id',
    indexes: [
      { name: 'gsi_channel_created', partition: 'channel_id', sort: 'created_at' },
      { name: 'gsi_account_created', partition: 'account_id', sort: 'created_at' },
      { name: 'gsi_requester_created', partition: 'requester_email', sort: 'created_at' },
      { name: 'gsi_status_endtime', partition: 'status', sort: 'end_time' },
      { name: 'gsi_status_due', partition: 'status', sort: 'due_at' },
    ],
  },
  audit: {
    defaultName: 'jit_audit',
    partition: 'request_id',
    sort: 'event_time_event_id',
    indexes: [
      { name: 'gsi_account_event', partition: 'account_id', sort: 'event_time_event_id' },
      { name: 'gsi_channel_event', partition: 'channel_id', sort: 'event_time_event_id' },
    ],
  },
  config: {
    defaultName: 'jit_config',
    partition: 'channel_id',
    sort: 'account_id',
    indexes: [{ name: 'gsi_account', partition: 'account_id' }],
  },
  nonces: {
    defaultName: 'jit_nonces',
    partition: 'key_id',
    sort: 'nonce',
    indexes: [],
    timeToLive: 'expires_at',
  },
  assignments: {
    defaultName: 'jit_assignments',
    partition: 'assignment_id',
    indexes: [
      { name: 'gsi_due', partition: 'shard', sort: 'due_at' },
      { name: 'gsi_pair', partition: 'pair', sort: 'assignment_id' },
    ],
  },
  outbox: {
    defaultName: 'jit_outbox',
    partition: 'notification_id',
    indexes: [{ name: 'gsi_due', partition: 'shard', sort: 'due_at' }],
  },
  control: { defaultName: 'jit_control', partition: 'name', indexes: [], timeToLive: 'expires_at' },
};
