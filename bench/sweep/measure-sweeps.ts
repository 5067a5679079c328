// Whole sweeps of an organisation in agreement: how many calls they make, how fast, and what they keep in memory.

import { HOUR, SECOND } from '../../test/world.ts';
import { RATE, type Rounds, SWEEP_SHARE, startSweepLeader } from './sweep-leader.ts';
import { createSweepWorld } from './sweep-world.ts';

export type Swept = {
  readonly durationMs: number;
  /** Of one sweep, without those of hot rounds. */
  readonly calls: number;
  readonly hotCalls: number;
  /** How often hot rounds list a pair in it, in the mean. */
  readonly rounds: number;
  readonly callsMin: number;
  /** The most calls in any ten seconds, of what the sweep's share and its small burst allow. */
  readonly shareMax: number;
};

const WINDOW_MS = 10 * SECOND;
/** A third of a second's calls may come at once, of which the sweep has its share. */
const ALLOWED = SWEEP_SHARE * RATE * (WINDOW_MS / SECOND + 1 / 3);
/** Far beyond every sweep that is measured. */
const LASTING_MS = 1_000 * HOUR;
const CALLS_PER_LOOK = 1_000;

/** The second sweep: hot rounds begin when one was completed. */
export async function measureSweep(rounds: Rounds, grants: number): Promise<Swept> {
  const { world, callsMin } = await createSweepWorld({ grants, untilMs: LASTING_MS });
  let times: number[] = [];
  const leader = startSweepLeader(world, { rounds, onCall: ({ atMs }) => times.push(atMs) });
  const sweepsDone = async (count: number) => {
    while (leader.sweeps() < count) await world.advance(SECOND);
  };
  await sweepsDone(1);
  const beganMs = world.clock.nowMs();
  times = times.filter((atMs) => atMs > beganMs);
  const hotBefore = leader.hotListed();
  await sweepsDone(2);
  const durationMs = world.clock.nowMs() - beganMs;
  const hotCalls = leader.hotListed() - hotBefore;
  const calls = times.filter((atMs) => atMs <= beganMs + durationMs).length - hotCalls;
  await leader.stop();
  return {
    durationMs,
    calls,
    hotCalls,
    rounds: hotCalls / grants,
    callsMin,
    shareMax: mostInWindow(times) / ALLOWED,
  };
}

function mostInWindow(times: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while ((times[to] ?? 0) - (times[from] ?? 0) >= WINDOW_MS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** The most that is kept during two sweeps above what was kept before, bytes, each time after a full collection. */
export async function measureMemory(rounds: Rounds, grants: number): Promise<number> {
  const { world } = await createSweepWorld({ grants, untilMs: LASTING_MS });
  await world.advance(SECOND);
  const idle = keptBytes();
  let [most, calls] = [0, 0];
  const onCall = () => {
    calls += 1;
    if (calls % CALLS_PER_LOOK === 0) most = Math.max(most, keptBytes());
  };
  const leader = startSweepLeader(world, { rounds, onCall });
  while (leader.sweeps() < 2) await world.advance(SECOND);
  await leader.stop();
  return most - idle;
}

function keptBytes(): number {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
