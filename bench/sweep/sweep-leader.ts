// A leader that only ticks and sweeps, with every call to Identity Center told apart by what it was made for. The way it
// swept before, without hot rounds, is the same leader without them.

import { AsyncLocalStorage } from 'node:async_hooks';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { sweepOnce } from '../../reconciler/lead-sweep.ts';
import { tickOnce } from '../../reconciler/lead-tick.ts';
import { takeLeadership } from '../../reconciler/leadership.ts';
import { repeat } from '../../reconciler/repeat.ts';
import type { IdentityCenter } from '../../reconciler/run-forever.ts';
import type { Turn } from '../../reconciler/turn.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { UNMEASURED } from '../../src/clock-offset.ts';
import type { Priority } from '../../src/priority.ts';
import { MINUTE, SECOND, seededRandom, type World } from '../../test/world.ts';

/** The defaults of the configuration. */
export const RATE = 15;
export const SWEEP_SHARE = 0.3;
export const SWEEP_INTERVAL_MS = MINUTE;
const OUTSTANDING_MAX = 10;

export type Call = {
  readonly atMs: number;
  /** Undefined where it follows or ends something. */
  readonly priority: Priority | undefined;
  /** Endings that had been asked for before this instant, and had not been begun. */
  readonly endingsWaiting: number;
};

export type SweepLeader = {
  /** How many sweeps were completed. */
  readonly sweeps: () => number;
  /** How many pairs were handed out by hot rounds. */
  readonly hotListed: () => number;
  stop(): Promise<void>;
};

type Waiting = { readonly sinceMs: number };

export type Rounds = 'whole sweeps only' | 'with hot rounds';

export function startSweepLeader(
  world: World,
  options: { readonly rounds: Rounds; readonly onCall: (call: Call) => void },
): SweepLeader {
  const ended = new AbortController();
  const doneFor = new AsyncLocalStorage<Priority>();
  const waiting = new Set<Waiting>();
  const leader = takeLeadership(
    {
      store: world.store,
      clock: world.clock,
      clockState: () => UNMEASURED,
      openIdentityCenter: () => {
        const opened = openIdentityCenter({
          send: (command) => {
            options.onCall({
              atMs: world.clock.nowMs(),
              priority: doneFor.getStore(),
              endingsWaiting: [...waiting].filter(({ sinceMs }) => sinceMs < world.clock.nowMs()).length,
            });
            return world.clients.ssoAdmin.send(command);
          },
          instanceArn: DEMO_INSTANCE_ARN,
          clock: world.clock,
          ratePerSecond: RATE,
          outstandingMax: OUTSTANDING_MAX,
          sweepShare: SWEEP_SHARE,
          onCall: () => undefined,
        });
        return toldApart(opened, { doneFor, waiting, nowMs: world.clock.nowMs });
      },
      send: async () => ({ kind: 'accepted' }),
      random: seededRandom(7),
      holder: 'bench',
      policy: world.policy,
      limits: { count: 1_000_000, share: 1 },
      tickIntervalMs: 5 * SECOND,
      sweepIntervalMs: SWEEP_INTERVAL_MS,
      leaseDurationMs: 15 * SECOND,
      metrics: world.metrics,
      log: world.api.log,
    },
    { epoch: 1, mayAct: () => true },
    { tick: () => ticks.poke(), sweep: () => sweeps.poke(), deliver: () => {}, runPasses: () => {} },
    ended.signal,
  );
  let [swept, hotListed] = [0, 0];
  const next = async () => {
    const pair = options.rounds === 'with hot rounds' ? await leader.hot.next() : undefined;
    if (pair !== undefined) hotListed += 1;
    return pair;
  };
  const led = { ...leader, hot: { ...leader.hot, next } };
  const onError = (error: unknown) => {
    if (!ended.signal.aborted) throw error;
  };
  const every = (intervalMs: number, act: (turn: Turn) => Promise<void>) =>
    repeat(
      {
        ...{ clock: world.clock, intervalMs: () => intervalMs, limitMs: 180 * SECOND },
        ...{ action: 'lead', signal: ended.signal, onError },
      },
      act,
    );
  const ticks = every(5 * SECOND, () => tickOnce(led));
  const sweeps = every(SWEEP_INTERVAL_MS, async (turn) => {
    const before = led.memory.lastSweepMs;
    await sweepOnce(led, turn);
    if (led.memory.lastSweepMs !== before) swept += 1;
  });
  return {
    sweeps: () => swept,
    hotListed: () => hotListed,
    async stop() {
      ended.abort();
      leader.work.stop();
      leader.aws.close();
      await world.clock.run(Promise.all([ticks.stopped, sweeps.stopped, leader.work.drained()]));
    },
  };
}

/** Each call is made in the context of who asked for it; endings are counted from the asking to their turn. */
function toldApart(
  opened: IdentityCenter,
  told: {
    readonly doneFor: AsyncLocalStorage<Priority>;
    readonly waiting: Set<Waiting>;
    readonly nowMs: () => number;
  },
): IdentityCenter {
  const { doneFor, waiting, nowMs } = told;
  const { live, slots } = opened;
  return {
    ...opened,
    live: {
      ...live,
      listPair: (pair, priority) => doneFor.run(priority, () => live.listPair(pair, priority)),
      listAccounts: (arn, priority) => doneFor.run(priority, () => live.listAccounts(arn, priority)),
    },
    slots: {
      ...slots,
      operate(operation, attempt) {
        const isEnding = operation.priority === 'person' || operation.priority === 'expiry';
        const asked = { sinceMs: nowMs() };
        if (isEnding) waiting.add(asked);
        return slots.operate(operation, () => {
          waiting.delete(asked);
          return doneFor.run(operation.priority, attempt);
        });
      },
    },
  };
}
