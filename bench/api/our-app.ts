// The application under test, fitted together as its own process does it.

import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { createApp } from '../../api/app.ts';
import { createTableNudge } from '../../api/table-nudge.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { KeySets } from '../../src/signing-keys.ts';
import type { Store } from '../../src/store.ts';
import { BenchKeys } from './bench-keys.ts';
import { PERMISSION_SET_ARN } from './granted-row.ts';

// What comes while a nudge is being written goes with the next one: with tables that answer at once there would be as
// many writes as revokes, which no table in a network ever sees.
const NUDGE_ANSWER_MS = 5;

export function createOurApp(store: Store): Express {
  const clock = systemClock;
  const log = createLog({ level: 'info', destination: process.stderr, clock });
  const keys: KeySets = { plugin: { kind: 'named', keys: BenchKeys } };
  const { nudge } = createTableNudge({ store: answeringLater(store), clock, log });
  return createApp({
    ...{ store, clock, log, nudge },
    metrics: createMetrics(),
    keys: async () => keys,
    directory: {
      findUser: async () => ({ kind: 'absent' }),
      findPrincipal: async () => ({ kind: 'absent' }),
    },
    newId: randomUUID,
    settings: {
      mode: 'enforce',
      defaultPermissionSetArn: PERMISSION_SET_ARN,
      scope: { permissionSetArns: [PERMISSION_SET_ARN], excludedAccountIds: [], protectedPrincipalIds: [] },
      maxRequestHours: 12,
      pendingTtlHours: 24,
      // Nobody removes the access here: waiting for the proof would measure the wait.
      revokeWaitMs: 0,
      clockSkewMs: 30_000,
      identityCenterRate: 15,
      apiBasePath: '',
    },
  });
}

function answeringLater(store: Store): Pick<Store, 'get' | 'transact'> {
  return {
    get: (table, key) => systemClock.sleep(NUDGE_ANSWER_MS).then(() => store.get(table, key)),
    transact: (writes) => systemClock.sleep(NUDGE_ANSWER_MS).then(() => store.transact(writes)),
  };
}
