// The API and the reconciler in one process, with one port for the health of both. What the API is told, the loop hears
// at once.

import closeWithGrace from 'close-with-grace';
import { createAdminApp } from '../api/admin-app.ts';
import { type Listening, listen } from '../api/listen.ts';
import { type RunningApi, startApi } from '../api/start-api.ts';
import { fitReconciler } from '../reconciler/fit-reconciler.ts';
import type { Reconciler } from '../reconciler/run-forever.ts';
import { LEASE_LEFT, startFitted } from '../reconciler/run-reconciler.ts';
import type { CloudWatchSender } from '../src/aws/cloudwatch.ts';
import { logOutput } from '../src/aws/log-output.ts';
import { openCloudWatch } from '../src/aws/open-cloudwatch.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { type Config, describeConfig, type Environment, parseConfig } from '../src/config.ts';
import { createLog, type Log } from '../src/log.ts';
import { CloudWatchMetrics, createMetrics } from '../src/metrics.ts';

// Longer than a revoke waits for its proof, and than the loop needs.
const STOP_TIMEOUT_MS = 15_000;

type Parts = { api?: RunningApi; reconciler?: Reconciler; admin?: Listening; cloudWatch?: CloudWatchSender };

/** Resolves when both run. The process ends by a signal, or with exit code 1 where it must not start. */
export async function runAll(env: Environment): Promise<void> {
  const parsed = parseConfig(env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: logOutput(), clock: systemClock });
  const parts: Parts = {};
  const grace: closeWithGrace.Options = { delay: STOP_TIMEOUT_MS, logger: false, skip: ['beforeExit'] };
  closeWithGrace(grace, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    else log.info('the process stops', { signal });
    await stopAll(parts);
  });
  try {
    if (await startAll(config, log, parts)) return;
  } catch (error) {
    log.error('the process does not start', { error });
  }
  await stopAll(parts).catch(() => undefined);
  process.exit(1);
}

/** False, with the reasons in the log, where it must not start. */
async function startAll(config: Config, log: Log, parts: Parts): Promise<boolean> {
  const metrics = createMetrics();
  const admin = createAdminApp({
    isHealthy: () => parts.reconciler?.isAlive() ?? true,
    // It is the API that is reached through this answer: a loop that is held up must not take it away.
    isReady: async () => (await parts.api?.isReady()) === true,
    registry: metrics.registry,
  });
  parts.admin = await listen(admin, config.admin);
  log.info('the API and the reconciler start', { config: describeConfig(config) });
  const fitted = await fitReconciler(config, log, metrics);
  if (fitted === undefined) return false;
  const reconciler = startFitted(fitted);
  parts.reconciler = reconciler;
  parts.api = await startApi(config, { log, metrics, hear: (nudges) => reconciler.nudge(nudges) });
  const sent = { registry: metrics.registry, names: CloudWatchMetrics, clock: systemClock, log };
  const cloudWatch = openCloudWatch(config, sent);
  if (cloudWatch !== undefined) parts.cloudWatch = cloudWatch;
  cloudWatch?.start();
  return true;
}

/** At once: a revoke that is being answered does not keep the lease, and the next leader proves it. */
async function stopAll({ api, reconciler, admin, cloudWatch }: Parts): Promise<void> {
  const [stopped] = await Promise.all([reconciler?.stop(), api?.stop(), cloudWatch?.stop()]);
  await admin?.close();
  if (stopped?.leaseGivenUp === false) throw new Error(LEASE_LEFT);
}
