// The demonstration organisation of local mode, the same at every start: people and scripts rely on every id here.

import type { Organisation } from './organisation.ts';

export const DEMO_INSTANCE_ARN = 'arn:aws:sso:::instance/ssoins-1111222233334444';
export const DEMO_IDENTITY_STORE_ID = 'd-1234567890';
/** Owns the instance; nobody has access to it through the demonstration's permission sets. */
export const DEMO_MANAGEMENT_ACCOUNT_ID = '999999999999';

const PERMISSION_SETS = 'arn:aws:sso:::permissionSet/ssoins-1111222233334444';

/** JIT-Admin and JIT-ReadOnly are managed by the controller, Permanent-Admin is not. */
export const DEMO_PERMISSION_SETS = {
  jitAdmin: `${PERMISSION_SETS}/ps-aaaa111122223333`,
  jitReadOnly: `${PERMISSION_SETS}/ps-bbbb111122223333`,
  permanentAdmin: `${PERMISSION_SETS}/ps-cccc111122223333`,
} as const;

export const DEMO_ACCOUNTS = { dev: '111111111111', staging: '222222222222', prod: '333333333333' } as const;

export const DEMO_USERS = {
  ana: { id: '11111111-1111-4111-8111-111111111111', email: 'ana@example.com' },
  ben: { id: '22222222-2222-4222-8222-222222222222', email: 'ben@example.com' },
  cleo: { id: '33333333-3333-4333-8333-333333333333', email: 'cleo@example.com' },
  dora: { id: '44444444-4444-4444-8444-444444444444', email: 'dora@example.com' },
} as const;

/** Dora is its only member. */
export const DEMO_GROUP = {
  id: '55555555-5555-4555-8555-555555555555',
  displayName: 'Platform',
} as const;

export const DEMO_ORGANISATION: Organisation = {
  instanceArn: DEMO_INSTANCE_ARN,
  identityStoreId: DEMO_IDENTITY_STORE_ID,
  managementAccountId: DEMO_MANAGEMENT_ACCOUNT_ID,
  accounts: [
    { id: DEMO_ACCOUNTS.dev, name: 'dev' },
    { id: DEMO_ACCOUNTS.staging, name: 'staging' },
    { id: DEMO_ACCOUNTS.prod, name: 'prod' },
  ],
  permissionSets: [
    { arn: DEMO_PERMISSION_SETS.jitAdmin, name: 'JIT-Admin', sessionDuration: 'PT1H' },
    { arn: DEMO_PERMISSION_SETS.jitReadOnly, name: 'JIT-ReadOnly', sessionDuration: 'PT4H' },
    { arn: DEMO_PERMISSION_SETS.permanentAdmin, name: 'Permanent-Admin', sessionDuration: 'PT8H' },
  ],
  users: [
    demoUser(DEMO_USERS.ana, 'Ana'),
    demoUser(DEMO_USERS.ben, 'Ben'),
    demoUser(DEMO_USERS.cleo, 'Cleo'),
    demoUser(DEMO_USERS.dora, 'Dora'),
  ],
  groups: [{ ...DEMO_GROUP, memberIds: [DEMO_USERS.dora.id] }],
  assignments: [
    // Outside the managed scope: it must survive everything.
    {
      accountId: DEMO_ACCOUNTS.prod,
      permissionSetArn: DEMO_PERMISSION_SETS.permanentAdmin,
      principalType: 'USER',
      principalId: DEMO_USERS.ana.id,
    },
    // Foreign: a group on a managed permission set is reported and never touched.
    {
      accountId: DEMO_ACCOUNTS.staging,
      permissionSetArn: DEMO_PERMISSION_SETS.jitReadOnly,
      principalType: 'GROUP',
      principalId: DEMO_GROUP.id,
    },
  ],
};

/** The user name is the e-mail. */
function demoUser({ id, email }: { id: string; email: string }, displayName: string) {
  return { id, email, userName: email, displayName };
}
