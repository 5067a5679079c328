// A fresh world from the description of an organisation.

import { putUser } from './directory.ts';
import { OperationLog } from './operation-log.ts';
import { type Organisation, organisationSchema } from './organisation.ts';
import { parseOrExplain } from './parse-or-explain.ts';
import { PresenceTable } from './presence-table.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { WorldSource } from './snapshot.ts';
import { assign, type World } from './world.ts';

/** Before every instant, so that no lag hides what was always there. */
const ALWAYS_MS = Number.MIN_SAFE_INTEGER;
const PERMISSION_SETS_CREATED_MS = Date.UTC(2024, 0, 1);

/** Throws `InvalidInputError` for a malformed organisation. */
export function worldOf(value: Organisation, source: WorldSource): World {
  const organisation = parseOrExplain(organisationSchema, value, 'organisation');
  const { instanceArn, identityStoreId, managementAccountId, accounts, groups } = organisation;
  const world: World = {
    ...{ instanceArn, identityStoreId, managementAccountId },
    random: source.random,
    onAssignmentChange: () => {},
    settings: DEFAULT_SETTINGS,
    nowMs: ALWAYS_MS,
    changed: false,
    accounts: new Map(accounts.map((account) => [account.id, account])),
    permissionSets: new Map(),
    users: new Map(),
    directory: new Map(),
    groups: new Map(groups.map((group) => [group.id, group])),
    assignments: new PresenceTable(),
    provisioned: new PresenceTable(),
    operations: new OperationLog(),
    conflictedAccounts: new Set(),
    buckets: { sso: { tokens: 0, atMs: ALWAYS_MS }, identitystore: { tokens: 0, atMs: ALWAYS_MS } },
    faults: [],
  };
  organisation.permissionSets.forEach((permissionSet, index) => {
    const state = { seq: index + 1, createdMs: PERMISSION_SETS_CREATED_MS, policyVersion: 1 };
    world.permissionSets.set(permissionSet.arn, { ...permissionSet, ...state });
  });
  for (const user of organisation.users) putUser(world, user);
  for (const assignment of organisation.assignments) assign(world, assignment, ALWAYS_MS);
  // What the organisation starts with did not happen: only changes are told.
  return { ...world, onAssignmentChange: source.onAssignmentChange };
}
