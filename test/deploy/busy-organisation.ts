// An organisation large enough to keep the controller busy: forty accounts, three hundred people, two managed permission
// sets, and who asks for what in it.

import { DEMO_ORGANISATION, DEMO_PERMISSION_SETS } from '../../local/identity-center/demo-organisation.ts';
import type { Organisation } from '../../local/identity-center/organisation.ts';
import type { Fields } from '../e2e/local-caller.ts';

const ACCOUNTS = 40;
const PEOPLE = 300;

const numbered = (count: number) => Array.from({ length: count }, (_, at) => at);
const emailOf = (at: number) => `person-${at}@example.com`;

/** Bound to the channel `busy`. */
export const BUSY_ACCOUNT_IDS = numbered(ACCOUNTS).map((at) => `${700_000_000_000 + at}`);
export const BUSY_CHANNEL = 'busy';

export const BUSY_ORGANISATION: Organisation = {
  ...DEMO_ORGANISATION,
  accounts: BUSY_ACCOUNT_IDS.map((id) => ({ id, name: `account ${id}` })),
  users: numbered(PEOPLE).map((at) => ({
    id: `70000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    userName: emailOf(at),
    email: emailOf(at),
    displayName: `Person ${at}`,
  })),
  groups: [],
  assignments: [],
};

/** What each of them asks for: one assignment each, spread over the accounts. */
export const BUSY_WISHES: readonly Fields[] = numbered(PEOPLE).map((at) => ({
  channel_id: BUSY_CHANNEL,
  account_id: BUSY_ACCOUNT_IDS[at % ACCOUNTS],
  requester_mm_user_id: `mm-${at}`,
  requester_email: emailOf(at),
  permission_set_arn: DEMO_PERMISSION_SETS.jitAdmin,
}));
