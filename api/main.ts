// The API as a process of its own: reads the configuration, fits the parts together, listens, and stops gracefully.

import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import closeWithGrace from 'close-with-grace';
import { createDirectory } from '../src/aws/directory.ts';
import { CALL_LIMITS, createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createDynamoDbStore } from '../src/aws/dynamodb-store.ts';
import { watchCallerKeys } from '../src/aws/key-source.ts';
import { logOutput } from '../src/aws/log-output.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import type { Address } from '../src/common-config.ts';
import { type ApiConfig, describeConfig, parseApiConfig } from '../src/config.ts';
import { createLog, type Log } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { createAdminApp } from './admin-app.ts';
import { apiSettingsOf } from './api-settings-of.ts';
import { createApp } from './app.ts';
import { foreignTables } from './foreign-tables.ts';
import { createTableNudge } from './table-nudge.ts';

// A call has its own time limit for the body; these end what does not even get that far. Longer than any answer takes.
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
// Longer than a revoke waits for its proof.
const CLOSE_TIMEOUT_MS = 15_000;
// The directory stands before a person who waits: two quick tries, then they are told.
const DIRECTORY_REQUEST = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true };

async function main(): Promise<void> {
  const parsed = parseApiConfig(process.env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: logOutput(), clock: systemClock });
  const { app, admin, settled, store } = await fitTogether(config, log);
  const foreign = await foreignTables(store, config, log);
  if (foreign.length > 0) {
    process.stderr.write(foreign.map((problem) => `${problem}\n`).join(''));
    process.exit(1);
  }
  const servers = [await listen(app, config.api), await listen(admin, config.admin)];
  log.info('the API listens', { config: describeConfig(config) });
  closeWithGrace({ delay: CLOSE_TIMEOUT_MS, logger: false }, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    else log.info('the process stops', { signal });
    await Promise.all(servers.map(close));
    await settled();
  });
}

async function fitTogether(config: ApiConfig, log: Log) {
  const clock = systemClock;
  const region = config.awsRegion;
  const client = createDocumentClient({ region, limits: CALL_LIMITS });
  const store = createDynamoDbStore({ client, tableNames: config.tables });
  const nudges = createTableNudge({ store, clock, log });
  const metrics = createMetrics();
  const app = createApp({
    store,
    clock,
    log,
    metrics,
    keys: await watchCallerKeys(config, {
      secrets: new SecretsManagerClient({ region }),
      clock,
      onProblem: (problem) => log.error('signing keys', { problem }),
    }),
    directory: createDirectory({
      client: new IdentitystoreClient({ region, maxAttempts: 2, requestHandler: DIRECTORY_REQUEST }),
      identityStoreId: config.identityStoreId,
    }),
    nudge: nudges.nudge,
    newId: randomUUID,
    settings: apiSettingsOf(config),
  });
  // Ready means that the tables answer: without them not one call can be served.
  const isReady = async () => {
    await store.get('control', { name: 'ready' });
    return true;
  };
  const admin = createAdminApp({ isReady, registry: metrics.registry });
  return { app, admin, settled: nudges.settled, store };
}

function listen(app: RequestListener, { host, port }: Address): Promise<Server> {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    app,
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

await main();
