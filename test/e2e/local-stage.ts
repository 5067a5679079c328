// A local stack on free ports and at a fast pace, for one test file.

import { inject } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../local/local-config.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import type { TableNames } from '../../src/aws/dynamodb-store.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { createLog, type LogDestination } from '../../src/log.ts';
import type { NotificationBody } from '../../src/notification.ts';
import { freePort } from '../free-port.ts';
import { uniqueTableNames } from '../test-tables.ts';
import { createLocalCaller, type LocalCaller } from './local-caller.ts';

export type Settings = Readonly<Record<string, string>>;

export type LocalStage = LocalCaller & {
  readonly urls: LocalStack['urls'];
  readonly messages: { readonly text: string; readonly notification: NotificationBody }[];
  /** Warnings and errors, one JSON line each. */
  readonly logged: readonly string[];
  readonly tableNames: TableNames;
  stop(): Promise<void>;
};

/** Three ticks a lease, and two looks a second apart: as fast as the settings allow. */
export const FAST: Settings = {
  TICK_INTERVAL_MS: '500',
  LEASE_DURATION_MS: '3000',
  SWEEP_INTERVAL_MS: '1000',
  ORPHAN_GRACE_MS: '1000',
  LOCAL_OPERATION_MS: '300',
};

/** Five ports that were free just now, each another one. */
export async function freePorts(): Promise<Settings> {
  const ports = new Set<number>();
  while (ports.size < 5) ports.add(await freePort());
  const [api, admin, dynamoDb, identityCenter, webhook] = [...ports].map(String);
  return {
    API_PORT: `${api}`,
    ADMIN_PORT: `${admin}`,
    LOCAL_DYNAMODB_PORT: `${dynamoDb}`,
    LOCAL_IDENTITY_CENTER_PORT: `${identityCenter}`,
    LOCAL_WEBHOOK_PORT: `${webhook}`,
  };
}

export function localConfig(settings: Settings): LocalConfig {
  const parsed = parseLocalConfig(settings);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.config;
}

/**
 * Ready when it resolves. Whoever opens it stops it. It has tables of its own on the test run's DynamoDB Local, or with
 * `alone` one that it starts, as `npm start` does: that takes seven seconds of a processor.
 */
export async function openLocalStage(
  settings: Settings = {},
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<LocalStage> {
  const messages: LocalStage['messages'] = [];
  const logged: string[] = [];
  const destination: LogDestination = { write: (line) => void logged.push(line) };
  const config = localConfig({ ...FAST, ...(await freePorts()), ...settings });
  const tables = alone ? config.app.tables : uniqueTableNames();
  const stack = await startLocalStack({
    config: { ...config, app: { ...config.app, tables } },
    ...(alone ? {} : { dynamoDb: inject('dynamoDbEndpoint') }),
    clock: systemClock,
    log: createLog({ level: 'warn', destination, clock: systemClock }),
    onMessage: (text, notification) => void messages.push({ text, notification }),
    onFailure: (why) => void logged.push(why),
  });
  const { urls, stop } = stack;
  return { ...createLocalCaller(urls), urls, tableNames: tables, messages, logged, stop };
}
