// The rows that say which channel has an account: the binding itself, and the claim in `jit_control` that keeps one
// account from being bound twice.

import { asItLies } from '../src/as-it-lies.ts';
import { type Binding, parseBindingRow } from '../src/binding.ts';
import type { Condition, Key, Row, StoreReader, Write } from '../src/store.ts';

export function bindingKey(channelId: string, accountId: string): Key {
  return { channel_id: channelId, account_id: accountId };
}

export function accountClaimKey(accountId: string): Key {
  return { name: `account#${accountId}` };
}

/** The condition that a binding still exists, as an item of a transaction. */
export function bindingExists(channelId: string, accountId: string): Write {
  return {
    kind: 'check',
    table: 'config',
    key: bindingKey(channelId, accountId),
    onlyIf: [{ attribute: 'channel_id', present: true }],
  };
}

/** What an approval stands on. The times and names beside it may change while somebody decides. */
const RULES = [
  'approver_mm_user_ids',
  'allow_self_approval',
  'max_request_hours',
  'permission_set_arns',
] as const;

/** The condition that a binding still says what was read, as an item of a transaction. */
export function unchangedBinding(channelId: string, accountId: string, read: Row): Write {
  const rules = RULES.map((attribute) => asItLies(attribute, read[attribute]));
  const exists: Condition = { attribute: 'channel_id', present: true };
  return {
    kind: 'check',
    table: 'config',
    key: bindingKey(channelId, accountId),
    onlyIf: [exists, ...rules],
  };
}

/** A binding, strongly consistent; undefined also where the row cannot be understood. */
export async function readBinding(
  store: Pick<StoreReader, 'get'>,
  channelId: string,
  accountId: string,
): Promise<Binding | undefined> {
  const row = await store.get('config', bindingKey(channelId, accountId));
  return row === undefined ? undefined : parseBindingRow(row);
}
