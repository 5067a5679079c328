// What only the API is told. It has no webhook and no callback key: who takes the API over must not be able to speak to
// the plugin in the reconciler's name.

import type { Address } from './common-config.ts';
import type { Draft } from './config-draft.ts';
import { chooseKeySource, type KeySource } from './key-sources.ts';
import { type ApiSettings, type CommonSettings, type ReadSettings, SettingDefaults } from './settings.ts';

export type ApiOnlyConfig = {
  readonly pluginKeys: KeySource;
  /** Without it there are no operators' calls. */
  readonly opsKeys?: KeySource;
  readonly api: Address;
  /** Empty, or `/…` without a slash at its end. */
  readonly apiBasePath: string;
  /** How long a revoke waits for the proof; 0 answers at once. */
  readonly revokeWaitMs: number;
  /** Invoked after each approve and revoke, where the parts run as functions. */
  readonly reconcilerFunctionName?: string;
};

/** The API's part, from the settings that are set. */
export function completeApi(
  read: ReadSettings<typeof ApiSettings> & ReadSettings<typeof CommonSettings>,
): Draft<ApiOnlyConfig> {
  const whole = { ...SettingDefaults, ...read.settings };
  const plugin = chooseKeySource('plugin', read);
  const ops = chooseKeySource('ops', read);
  const problems = [...plugin.problems, ...ops.problems];
  // The API is for callers who sign; health and metrics are for whoever reaches the port.
  if (whole.API_PORT === whole.ADMIN_PORT && whole.API_PORT !== 0) {
    problems.push(`API_PORT and ADMIN_PORT are both ${whole.API_PORT}: expected a port each`);
  }
  if (plugin.source === undefined) return { problems };
  const config: ApiOnlyConfig = {
    pluginKeys: plugin.source,
    ...(ops.source ? { opsKeys: ops.source } : {}),
    api: { host: whole.API_HOST, port: whole.API_PORT },
    apiBasePath: whole.API_BASE_PATH ?? '',
    revokeWaitMs: whole.REVOKE_WAIT_MS,
    ...(whole.RECONCILER_FUNCTION_NAME ? { reconcilerFunctionName: whole.RECONCILER_FUNCTION_NAME } : {}),
  };
  return { config, problems };
}
