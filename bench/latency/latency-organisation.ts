// Enough people and accounts for one revoke after the other, each of another assignment, and a permission set that is
// not managed: what the baseline does with it is nobody's business.

import { DEMO_ORGANISATION, DEMO_PERMISSION_SETS } from '../../local/identity-center/demo-organisation.ts';
import type { Organisation } from '../../local/identity-center/organisation.ts';

export const MANAGED_SET = DEMO_PERMISSION_SETS.jitAdmin;
export const BARE_SET = DEMO_PERMISSION_SETS.permanentAdmin;

/** Nobody may have more open requests than ten. */
const ACCOUNTS = 10;
const USERS = 25;

export type Wish = { readonly accountId: string; readonly userId: string; readonly email: string };

export const AccountIds = Array.from({ length: ACCOUNTS }, (_, at) => String(100_000_000_000 + at));

const users = Array.from({ length: USERS }, (_, at) => {
  const email = `person-${at}@example.com`;
  const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  return { id, email, userName: email, displayName: `Person ${at}` };
});

/** Every person in every account, neighbours in different accounts. */
export const Wishes: readonly Wish[] = users.flatMap(({ id, email }) =>
  AccountIds.map((accountId) => ({ accountId, userId: id, email })),
);

export const LATENCY_ORGANISATION: Organisation = {
  ...DEMO_ORGANISATION,
  accounts: AccountIds.map((id) => ({ id, name: `account ${id}` })),
  users,
  groups: [],
  assignments: [],
};
