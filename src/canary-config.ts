// Whether there is a canary, and for whom. A slip here would give access to a person on a schedule, so it is checked
// against everything else that is set.

import type { CanarySettings } from './canary.ts';
import type { CommonConfig } from './common-config.ts';
import { type Draft, missingSettings } from './config-draft.ts';
import { outOfScope } from './managed-scope.ts';
import { type ReadSettings, type ReconcilerSettings, SettingDefaults } from './settings.ts';

export type CanaryConfig = { readonly canary?: CanarySettings };

const NAMES = {
  CANARY_ACCOUNT_ID: 'the number of an AWS account, as the other CANARY_ settings are set',
  CANARY_PERMISSION_SET_ARN:
    'a managed permission set that gives no rights, as the other CANARY_ settings are set',
  CANARY_PRINCIPAL_ID:
    'the Identity Store id of a user who is there for nothing else, as the other CANARY_ settings are set',
} as const;

/** Set whole, or not at all. */
export function completeCanary(
  read: ReadSettings<typeof ReconcilerSettings>,
  common: CommonConfig | undefined,
): Draft<CanaryConfig> {
  const { settings, malformed } = read;
  const isMeant = [...Object.keys(NAMES), 'CANARY_INTERVAL_MINUTES'].some(
    (name) => name in settings || malformed.has(name),
  );
  if (!isMeant) return { config: {}, problems: [] };
  const {
    CANARY_ACCOUNT_ID: accountId,
    CANARY_PERMISSION_SET_ARN: permissionSetArn,
    CANARY_PRINCIPAL_ID: principalId,
    CANARY_INTERVAL_MINUTES: minutes = SettingDefaults.CANARY_INTERVAL_MINUTES,
  } = settings;
  const problems = missingSettings(NAMES, read);
  if (!accountId || !permissionSetArn || !principalId || common === undefined) return { problems };
  const canary = { assignment: { accountId, permissionSetArn, principalId }, intervalMs: minutes * 60_000 };
  return { config: { canary }, problems: [...problems, ...misplaced(canary, common)] };
}

function misplaced({ assignment }: CanarySettings, common: CommonConfig): string[] {
  const { accountId, permissionSetArn, principalId } = assignment;
  if (permissionSetArn === common.defaultPermissionSetArn)
    return [
      `CANARY_PERMISSION_SET_ARN is "${permissionSetArn}", which is PERMISSION_SET_ARN: expected one that gives no rights`,
    ];
  const why = outOfScope(common.scope, assignment);
  if (why === undefined) return [];
  return [
    `CANARY_ settings name "${permissionSetArn}" for "${principalId}" in "${accountId}", but ${why}: expected what this system manages`,
  ];
}
