// One whole pass as a process: takes the lease, sweeps once, ends and grants what is due, tells the plugin, gives the
// lease up, and ends with an exit code by what came of it. For schedules, and for people who have nothing running.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import closeWithGrace from 'close-with-grace';
import { type FittedReconciler, fitReconciler } from '../reconciler/fit-reconciler.ts';
import type { IdentityCenter, Reconciler } from '../reconciler/run-forever.ts';
import { startReconciler } from '../reconciler/start-reconciler.ts';
import { logOutput } from '../src/aws/log-output.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { type Environment, parseReconcilerConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { exitCodeOf } from './end-on-signals.ts';
import { lookAtStanding } from './look-at-standing.ts';
import { OutcomeExitCodes, type PassedOnce, passOnce } from './pass-once.ts';
import { watchForOthers } from './watch-for-others.ts';

const STOP_TIMEOUT_MS = 10_000;

/** Prints what came of it as JSON; the log goes to standard error. */
export async function runOnce(env: Environment, withinMs: number): Promise<void> {
  const parsed = parseReconcilerConfig(env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  // One pass ends what is to end; it begins nothing of its own.
  const { canary: _none, ...config } = parsed.config;
  const destination = logOutput({ stdout: process.stderr, stderr: process.stderr });
  const log = createLog({ level: config.logLevel, destination, clock: systemClock });
  let reconciler: Reconciler | undefined;
  const grace: closeWithGrace.Options = { delay: STOP_TIMEOUT_MS, logger: false, skip: ['beforeExit'] };
  const closing = closeWithGrace(grace, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    await reconciler?.stop();
    // What was begun is in the tables, but nobody may take this for a pass that came to its end.
    process.exit(signal === undefined ? 1 : exitCodeOf(signal));
  });
  try {
    const fitted = await fitReconciler(config, log, createMetrics());
    if (fitted === undefined) process.exit(1);
    const watched = withWatchedDoor(fitted);
    const holder = `once ${hostname()} ${randomUUID()}`;
    const running = startReconciler(watched.deps, watched.role, { holder, random: Math.random });
    reconciler = running;
    const { clock, store } = watched.deps;
    const passed = await passOnce({
      ...{ clock, withinMs, mode: config.reconcileMode },
      hasSwept: () => running.hasSwept(),
      otherLeads: watchForOthers({ store, holder }),
      look: () => lookAtStanding(watched, watched.live()),
      onError: (error) => log.warn('what is left could not be looked at, it is tried again', { error }),
    });
    await running.stop();
    closing.uninstall();
    print(passed);
  } catch (error) {
    log.error('the pass could not be made', { error });
    process.exit(1);
  }
}

/** The loop's own door to Identity Center, so that looking stays within the loop's call budget. */
function withWatchedDoor({ deps, role }: FittedReconciler) {
  let opened: IdentityCenter | undefined;
  const openIdentityCenter = () => {
    opened = deps.openIdentityCenter();
    return opened;
  };
  const live = () => {
    if (opened === undefined) throw new Error('the loop has not opened Identity Center yet');
    return opened.live;
  };
  return { deps: { ...deps, openIdentityCenter }, role, live };
}

function print({ outcome, standing }: PassedOnce): void {
  const told =
    standing === undefined
      ? { outcome }
      : {
          outcome,
          under_way: standing.underWay,
          notifications_pending: standing.notificationsPending,
          ...standing.report,
        };
  process.stdout.write(`${JSON.stringify(told, undefined, 2)}\n`);
  process.exitCode = OutcomeExitCodes[outcome];
}
