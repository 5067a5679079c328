// The reconciler as a process of its own: reads the configuration, runs the loop, answers for its health, and stops
// gracefully.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import closeWithGrace from 'close-with-grace';
import { logOutput } from '../src/aws/log-output.ts';
import { openCloudWatch } from '../src/aws/open-cloudwatch.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { describeConfig, type Environment, parseReconcilerConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { CloudWatchMetricsOfReconciler, createMetrics } from '../src/metrics.ts';
import { type FittedReconciler, fitReconciler } from './fit-reconciler.ts';
import { listenForHealth } from './health.ts';
import type { Reconciler } from './run-forever.ts';
import { startReconciler } from './start-reconciler.ts';

// Handing over takes 6 s at the most, whatever hangs.
const STOP_TIMEOUT_MS = 10_000;

/** Rejecting the end makes it exit code 1: somebody may wonder why nobody led for the length of a lease. */
export const LEASE_LEFT = 'the lease is left to run down';

/** Resolves when the loop runs. The process ends by a signal, or with exit code 1 where it must not start. */
export async function runReconciler(env: Environment): Promise<void> {
  const parsed = parseReconcilerConfig(env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: logOutput(), clock: systemClock });
  const metrics = createMetrics();
  let reconciler: Reconciler | undefined;
  const cloudWatch = openCloudWatch(config, {
    ...{ registry: metrics.registry, names: CloudWatchMetricsOfReconciler, clock: systemClock, log },
  });
  let health: { close(): Promise<void> } | undefined;
  // An end without anything left to do is one that refused to start: it keeps its exit code.
  const grace: closeWithGrace.Options = { delay: STOP_TIMEOUT_MS, logger: false, skip: ['beforeExit'] };
  // Before anything is waited for: as process 1 it would not even hear a signal that nobody listens for.
  closeWithGrace(grace, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    else log.info('the process stops', { signal });
    const [stopped] = await Promise.all([reconciler?.stop(), cloudWatch?.stop()]);
    await health?.close();
    if (stopped?.leaseGivenUp === false) throw new Error(LEASE_LEFT);
  });
  try {
    health = await listenForHealth(config.admin, {
      // While it starts it is alive, and of no use to anybody yet.
      isHealthy: () => reconciler?.isAlive() ?? true,
      isReady: () => reconciler?.isHealthy() ?? false,
      registry: metrics.registry,
    });
    log.info('the reconciler starts', { config: describeConfig(config) });
    const fitted = await fitReconciler(config, log, metrics);
    if (fitted !== undefined) {
      reconciler = startFitted(fitted);
      cloudWatch?.start();
      return;
    }
  } catch (error) {
    log.error('the process does not start', { error });
  }
  process.exitCode = 1;
  await health?.close();
}

/** Under a name that no start had before. */
export function startFitted({ deps, role }: FittedReconciler): Reconciler {
  return startReconciler(deps, role, { holder: `${hostname()} ${randomUUID()}`, random: Math.random });
}
