// An organisation large enough for a storm: the demonstration's people and accounts, and as many more as are asked for.

import { DEMO_INSTANCE_ARN, DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import type { Organisation } from '../../local/identity-center/organisation.ts';
import type { Assignment } from '../../src/assignment.ts';

export type StormSize = {
  readonly accounts: number;
  readonly permissionSets: number;
  /** Assignments, spread evenly over all pairs. */
  readonly assignments: number;
};

export type StormOrganisation = {
  readonly organisation: Organisation;
  readonly permissionSetArns: readonly string[];
  readonly assignments: readonly Assignment[];
};

const USERS_PER_PAIR_MIN = 1;

/** `live` says which of the assignments, by number, exist at the start. */
export function stormOrganisation(size: StormSize, live: (number: number) => boolean): StormOrganisation {
  const accounts = Array.from({ length: size.accounts }, (_, n) => String(500_000_000_000 + n));
  const sets = Array.from({ length: size.permissionSets }, (_, n) => permissionSetArn(n));
  const pairs = accounts.length * sets.length;
  const users = Math.max(USERS_PER_PAIR_MIN, Math.ceil(size.assignments / pairs));
  const assignments = Array.from({ length: size.assignments }, (_, n) => ({
    accountId: accounts[n % accounts.length] ?? '',
    permissionSetArn: sets[Math.floor(n / accounts.length) % sets.length] ?? '',
    principalId: userId(Math.floor(n / pairs)),
  }));
  const organisation: Organisation = {
    ...DEMO_ORGANISATION,
    accounts: [
      ...DEMO_ORGANISATION.accounts,
      ...accounts.map((id) => ({ id, name: `storm-${id}`, suspended: false })),
    ],
    permissionSets: [
      ...DEMO_ORGANISATION.permissionSets,
      ...sets.map((arn, n) => ({
        arn,
        name: `Storm-${n}`,
        sessionDuration: 'PT1H',
        tags: {},
        inlinePolicy: '',
      })),
    ],
    users: [...DEMO_ORGANISATION.users, ...Array.from({ length: users }, (_, n) => user(n))],
    assignments: assignments
      .filter((_, n) => live(n))
      .map((assignment) => ({ ...assignment, principalType: 'USER' as const })),
  };
  return { organisation, permissionSetArns: sets, assignments };
}

function permissionSetArn(n: number): string {
  const instance = DEMO_INSTANCE_ARN.split('/').at(-1);
  return `arn:aws:sso:::permissionSet/${instance}/ps-${n.toString(16).padStart(16, '0')}`;
}

function userId(n: number): string {
  return `aaaaaaaa-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function user(n: number): Organisation['users'][number] {
  const name = `storm${n}@example.com`;
  return { id: userId(n), userName: name, email: name, displayName: name, status: 'ENABLED' };
}
