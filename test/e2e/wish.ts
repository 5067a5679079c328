// Who asks for what in the demonstration's organisation, and how it is asked for: many assignments at once.

import {
  DEMO_ACCOUNTS,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import type { Assignment } from '../../local/identity-center/organisation.ts';
import type { Fields, LocalCaller } from './local-caller.ts';

export type Wish = {
  readonly accountId: string;
  readonly permissionSetArn: string;
  readonly user: keyof typeof DEMO_USERS;
};

/** A wish that was asked for, by the id of its request. */
export type Asked = { readonly id: string; readonly wish: Wish };

export const MANAGED_SETS = [DEMO_PERMISSION_SETS.jitAdmin, DEMO_PERMISSION_SETS.jitReadOnly];
const USERS = ['ana', 'ben', 'cleo', 'dora'] as const;

/** Every user with every managed permission set, spread over the accounts: operations go one at a time in each. */
export function wishesIn(accountIds: readonly string[]): readonly Wish[] {
  return USERS.flatMap((user) =>
    MANAGED_SETS.flatMap((permissionSetArn) =>
      accountIds.map((accountId) => ({ accountId, permissionSetArn, user })),
    ),
  );
}

/** Sixteen of them, in the accounts that the demonstration has bound. */
export const BOUND_WISHES = wishesIn([DEMO_ACCOUNTS.dev, DEMO_ACCOUNTS.staging]);

export async function ask(caller: LocalCaller, wish: Wish, more: Fields = {}): Promise<Asked> {
  const id = await caller.ask({
    account_id: wish.accountId,
    permission_set_arn: wish.permissionSetArn,
    requester_mm_user_id: `mm-${wish.user}`,
    requester_email: DEMO_USERS[wish.user].email,
    ...more,
  });
  return { id, wish };
}

/** By somebody else than who asked. */
export async function approve(caller: LocalCaller, { id, wish }: Asked): Promise<void> {
  await caller.approve(id, wish.user === 'ben' ? 'cleo' : 'ben');
}

export async function askAndApprove(caller: LocalCaller, wish: Wish): Promise<Asked> {
  const asked = await ask(caller, wish);
  await approve(caller, asked);
  return asked;
}

export function assignmentOf({ accountId, permissionSetArn, user }: Wish): Assignment {
  return { accountId, permissionSetArn, principalType: 'USER', principalId: DEMO_USERS[user].id };
}
