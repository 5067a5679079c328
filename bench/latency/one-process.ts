// The API and the reconciler in one process, as local mode has them, against tables and a stand-in that are elsewhere.

import { randomUUID } from 'node:crypto';
import closeWithGrace from 'close-with-grace';
import { apiSettingsOf } from '../../api/api-settings-of.ts';
import { createApp } from '../../api/app.ts';
import { createTableNudge } from '../../api/table-nudge.ts';
import { listen } from '../../local/listen.ts';
import { openLocalAws } from '../../local/open-local-aws.ts';
import { startLocalReconciler } from '../../local/start-local-reconciler.ts';
import { createDirectory } from '../../src/aws/directory.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { watchCallerKeys } from '../../src/aws/key-source.ts';
import { systemClock as clock } from '../../src/aws/system-clock.ts';
import { UNMEASURED } from '../../src/clock-offset.ts';
import { parseConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';

const parsed = parseConfig(process.env);
if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
const { config } = parsed;
const log = createLog({ level: config.logLevel, destination: process.stderr, clock });
const aws = openLocalAws({
  dynamoDb: process.env.AWS_ENDPOINT_URL_DYNAMODB ?? '',
  identityCenter: process.env.AWS_ENDPOINT_URL_SSO_ADMIN ?? '',
});
const store = createDynamoDbStore({ client: aws.documents, tableNames: config.tables });
const metrics = createMetrics();
const { send } = aws;
const clockState = () => UNMEASURED;
const reconciler = startLocalReconciler({ config, store, send, clock, clockState, metrics, log });
const throughTable = createTableNudge({ store, clock, log });
const noSecrets = {
  send: () => {
    throw new Error('the keys are in the environment');
  },
};
const app = createApp({
  ...{ store, clock, log, metrics },
  keys: await watchCallerKeys(config, {
    secrets: noSecrets,
    clock,
    onProblem: (problem) => log.error(problem),
  }),
  directory: createDirectory({ client: aws.identityStore, identityStoreId: config.identityStoreId }),
  nudge: (nudges) => {
    reconciler.nudge(nudges);
    throughTable.nudge(nudges);
  },
  newId: randomUUID,
  settings: apiSettingsOf(config),
});
const api = await listen(app, config.api);
closeWithGrace({ delay: 10_000, logger: false }, async () => {
  await api.close();
  await reconciler.stop();
  aws.close();
});
