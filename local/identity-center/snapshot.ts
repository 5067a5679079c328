// The whole state as JSON, and back. Every field is checked on the way in: a file may have been edited or cut short.

import { z } from 'zod';
import { putUser } from './directory.ts';
import { parseFaultRule } from './fault-rule.ts';
import { OperationLog } from './operation-log.ts';
import {
  accountSchema,
  assignmentSchema,
  groupSchema,
  organisationSchema,
  permissionSetSchema,
  userSchema,
} from './organisation.ts';
import { parseOrExplain } from './parse-or-explain.ts';
import { type PresenceEntry, PresenceTable } from './presence-table.ts';
import { applySettings, DEFAULT_SETTINGS } from './settings.ts';
import type { AssignmentChange, World } from './world.ts';

function entriesOf<S extends z.ZodType>(row: S) {
  const change = z.object({ atMs: z.number(), present: z.boolean() });
  const keys = { seq: z.number(), first: z.string(), second: z.string() };
  return z.array(z.object({ ...keys, row, changes: z.array(change).min(1) }));
}

const bucketSchema = z.object({ tokens: z.number(), atMs: z.number() });

const operationBase = {
  requestId: z.string(),
  seq: z.number(),
  createdMs: z.number(),
  finishMs: z.number().nullable(),
  fate: z.object({ failureReason: z.string().nullable(), committed: z.boolean() }),
  isSynchronous: z.boolean(),
  status: z.enum(['IN_PROGRESS', 'SUCCEEDED', 'FAILED']),
  failureReason: z.string().nullable(),
};

const operationSchema = z.discriminatedUnion('kind', [
  z.object({ ...operationBase, kind: z.enum(['CREATE', 'DELETE']), assignment: assignmentSchema }),
  z.object({
    ...operationBase,
    kind: z.literal('PROVISION'),
    permissionSetArn: z.string(),
    accountId: z.string().nullable(),
  }),
]);

const snapshotSchema = z.object({
  version: z.literal(1),
  ...organisationSchema.pick({ instanceArn: true, identityStoreId: true, managementAccountId: true }).shape,
  settings: z.unknown(),
  nowMs: z.number(),
  accounts: z.array(accountSchema),
  permissionSets: z.array(
    permissionSetSchema.extend({ seq: z.number(), createdMs: z.number(), policyVersion: z.number() }),
  ),
  users: z.array(userSchema),
  groups: z.array(groupSchema),
  assignments: entriesOf(assignmentSchema),
  provisioned: entriesOf(
    z.object({ permissionSetArn: z.string(), accountId: z.string(), policyVersion: z.number() }),
  ),
  operations: z.array(operationSchema),
  conflictedAccounts: z.array(z.string()),
  buckets: z.object({ sso: bucketSchema, identitystore: bucketSchema }),
  faults: z.array(z.unknown()),
});

export type Snapshot = z.output<typeof snapshotSchema>;

/** JSON-serialisable, and independent of what happens to the world afterwards. */
export function snapshotOf(world: World): Snapshot {
  const { instanceArn, identityStoreId, managementAccountId, nowMs, settings, buckets } = world;
  return structuredClone({
    version: 1,
    instanceArn,
    identityStoreId,
    managementAccountId,
    settings,
    nowMs,
    accounts: [...world.accounts.values()],
    permissionSets: [...world.permissionSets.values()],
    users: [...world.users.values()],
    groups: [...world.groups.values()],
    assignments: [...world.assignments.entries()],
    provisioned: [...world.provisioned.entries()],
    operations: [...world.operations.all()],
    conflictedAccounts: [...world.conflictedAccounts],
    buckets,
    faults: world.faults,
  });
}

export type WorldSource = { random: () => number; onAssignmentChange: (change: AssignmentChange) => void };

/** Operations in flight go on as they were. Throws `InvalidInputError` for a malformed snapshot. */
export function worldFromSnapshot(value: unknown, source: WorldSource): World {
  const snapshot = parseOrExplain(snapshotSchema, value, 'snapshot');
  const { instanceArn, identityStoreId, managementAccountId, nowMs, buckets } = snapshot;
  const world: World = {
    ...{ instanceArn, identityStoreId, managementAccountId, nowMs, buckets, ...source },
    settings: applySettings(DEFAULT_SETTINGS, snapshot.settings),
    changed: false,
    accounts: new Map(snapshot.accounts.map((account) => [account.id, account])),
    permissionSets: new Map(snapshot.permissionSets.map((set) => [set.arn, set])),
    users: new Map(),
    directory: new Map(),
    groups: new Map(snapshot.groups.map((group) => [group.id, group])),
    assignments: tableOf(snapshot.assignments),
    provisioned: tableOf(snapshot.provisioned),
    operations: logOf(snapshot.operations),
    conflictedAccounts: new Set(snapshot.conflictedAccounts),
    faults: snapshot.faults.map(parseFaultRule),
  };
  for (const user of snapshot.users) putUser(world, user);
  return world;
}

function tableOf<Row>(entries: readonly PresenceEntry<Row>[]): PresenceTable<Row> {
  const table = new PresenceTable<Row>();
  table.restore(entries);
  return table;
}

function logOf(operations: Snapshot['operations']): OperationLog {
  const log = new OperationLog();
  for (const operation of operations) log.add(operation);
  return log;
}
