// The demonstration's binding, as the API writes one. Only what is absent is written, so that a kept table keeps what
// people made of it.

import { accountClaimKey } from '../api/binding-key.ts';
import type { Row, Store } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { DEMO_ACCOUNTS, DEMO_PERMISSION_SETS } from './identity-center/demo-organisation.ts';

export const DEMO_CHANNEL = 'demo';
const BOUND_ACCOUNTS = [DEMO_ACCOUNTS.dev, DEMO_ACCOUNTS.staging];

/** Binds dev and staging to the channel `demo`; prod stays bound to nothing. May run again. */
export async function seedDemo(store: Pick<Store, 'transact'>, nowMs: number): Promise<void> {
  for (const accountId of BOUND_ACCOUNTS) {
    const wish = { channel_id: DEMO_CHANNEL, account_id: accountId };
    // Refused where one of the two is there: then somebody has bound the account already.
    await store.transact([
      {
        kind: 'put',
        table: 'config',
        row: demoBinding(wish, nowMs),
        onlyIf: [{ attribute: 'channel_id', absent: true }],
      },
      {
        kind: 'put',
        table: 'control',
        row: { ...accountClaimKey(accountId), ...wish },
        onlyIf: [{ attribute: 'channel_id', absent: true }],
      },
    ]);
  }
}

function demoBinding(wish: { readonly channel_id: string; readonly account_id: string }, nowMs: number): Row {
  const { jitAdmin, jitReadOnly } = DEMO_PERMISSION_SETS;
  return {
    ...wish,
    approver_mm_user_ids: new Set(['mm-ben', 'mm-cleo']),
    approval_policy: 'one_of_n',
    allow_self_approval: false,
    max_request_hours: 4,
    session_duration_minutes: 60,
    permission_set_arns: [jitAdmin, jitReadOnly],
    updated_at: toTimestamp(nowMs),
  };
}
