// The numbers that the API stands on, from the configuration of its process.

import type { ApiConfig } from '../src/config.ts';
import type { ApiSettings } from './api-deps.ts';

export function apiSettingsOf(config: ApiConfig): ApiSettings {
  return {
    mode: config.reconcileMode,
    defaultPermissionSetArn: config.defaultPermissionSetArn,
    scope: config.scope,
    maxRequestHours: config.maxRequestHours,
    pendingTtlHours: config.pendingTtlHours,
    revokeWaitMs: config.revokeWaitMs,
    clockSkewMs: config.clockSkewMs,
    identityCenterRate: config.identityCenterRate,
    apiBasePath: config.apiBasePath,
  };
}
