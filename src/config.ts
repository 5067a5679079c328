// The configuration: from the environment, once, as plain data. Pure: the environment is handed in, and what is wrong
// comes back as sentences, all of them at once, so that nobody mends a deployment one restart at a time.

import { z } from 'zod';
import { type ApiOnlyConfig, completeApi } from './api-config.ts';
import { type CanaryConfig, completeCanary } from './canary-config.ts';
import { type CommonConfig, completeCommon } from './common-config.ts';
import { type Draft, joinDrafts } from './config-draft.ts';
import { describeKeySource } from './key-sources.ts';
import { completeReconciler, type ReconcilerOnlyConfig } from './reconciler-config.ts';
import {
  AllSettings,
  ApiSettings,
  CommonSettings,
  type ReadSettings,
  ReconcilerSettings,
  readSettings,
} from './settings.ts';
import { describeWebhookUrl } from './webhook-target.ts';

export type ApiConfig = CommonConfig & ApiOnlyConfig;
export type ReconcilerConfig = CommonConfig & ReconcilerOnlyConfig & CanaryConfig;
/** Of a process that holds every part. */
export type Config = ReconcilerConfig & ApiOnlyConfig;

/** Each problem is a sentence with the variable, its value (never a secret) and what was expected. */
export type ParsedConfig<C> =
  | { readonly ok: true; readonly config: C }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The environment: `process.env`, handed in. Variables that nothing here reads are ignored. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ApiPart = z.object({ ...CommonSettings.shape, ...ApiSettings.shape });
const ReconcilerPart = z.object({ ...CommonSettings.shape, ...ReconcilerSettings.shape });

/** The configuration of every part together. */
export function parseConfig(env: Environment): ParsedConfig<Config> {
  const read = readSettings(AllSettings, env);
  const common = completeCommon(read);
  const api = joinDrafts(common, completeApi(read));
  return finish(read.problems, joinDrafts(api, reconcilerPart(read, common)));
}

/** The configuration of the API. The settings of the webhook and of the loop are not looked at. */
export function parseApiConfig(env: Environment): ParsedConfig<ApiConfig> {
  const read = readSettings(ApiPart, env);
  return finish(read.problems, joinDrafts(completeCommon(read), completeApi(read)));
}

/** The configuration of the reconciler. The settings of the API and of callers' keys are not looked at. */
export function parseReconcilerConfig(env: Environment): ParsedConfig<ReconcilerConfig> {
  const read = readSettings(ReconcilerPart, env);
  const common = completeCommon(read);
  return finish(read.problems, joinDrafts(common, reconcilerPart(read, common)));
}

function reconcilerPart(
  read: ReadSettings<typeof ReconcilerPart>,
  { config: common }: Draft<CommonConfig>,
): Draft<ReconcilerOnlyConfig & CanaryConfig> {
  return joinDrafts(completeReconciler(read), completeCanary(read, common));
}

/** The configuration as it may be logged: no secret in it. */
export function describeConfig(config: ApiConfig | ReconcilerConfig | Config): Record<string, unknown> {
  return {
    ...config,
    ...('pluginKeys' in config ? { pluginKeys: describeKeySource(config.pluginKeys) } : {}),
    ...('opsKeys' in config && config.opsKeys ? { opsKeys: describeKeySource(config.opsKeys) } : {}),
    ...('callbackKeys' in config ? { callbackKeys: describeKeySource(config.callbackKeys) } : {}),
    ...('webhook' in config
      ? { webhook: { ...config.webhook, url: describeWebhookUrl(config.webhook.url) } }
      : {}),
  };
}

function finish<C>(readProblems: readonly string[], draft: Draft<C>): ParsedConfig<C> {
  const problems = [...readProblems, ...draft.problems];
  if (problems.length > 0 || draft.config === undefined) return { ok: false, problems };
  return { ok: true, config: draft.config };
}
