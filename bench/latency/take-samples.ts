// One revoke after the other on an idle deployment, and between them the baseline. First some that are only recorded.

import { setTimeout as delay } from 'node:timers/promises';
import type { Say } from '../bench.ts';
import { type BareParts, type Recorded, readStoredRows, runBarePath } from './bare-path.ts';
import type { Granted, LatencyStage } from './latency-stage.ts';
import { machineMs } from './machine-ms.ts';
import type { NotedCall } from './note-calls.ts';
import { findProof, inCallsMs, readPath, shapeOf } from './read-path.ts';

/** From the call of the API. */
export type Sample = {
  /** The Delete arrived at the stand-in. */
  readonly toDeleteMs: number;
  /** The request's row says that the access is gone. */
  readonly toProofMs: number;
};
export type OurSample = Sample & {
  /** The API answered. */
  readonly toAnswerMs: number;
  /** Of the time to the Delete, what calls to the tables took. */
  readonly inCallsMs: number;
};
export type Samples = {
  readonly ours: readonly OurSample[];
  /** With what was asked at once asked at once. */
  readonly bareAtOnce: readonly Sample[];
  readonly bareOneByOne: readonly Sample[];
  readonly recorded: Recorded;
};

// Anywhere within the second after which the leader listens again, and never at the same place in it.
const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 1_100;
/** What is noted of a call comes a moment after its answer. */
const LATE_MS = 50;

export async function takeSamples(
  stage: LatencyStage,
  parts: BareParts,
  { granted, warmUp }: { readonly granted: readonly Granted[]; readonly warmUp: number },
  say: Say,
): Promise<Samples> {
  const recorded = await recordPath(stage, parts, granted.slice(0, warmUp));
  for (let run = 0; run < warmUp; run += 1) await sampleBare(stage, parts, recorded, 'one by one');
  const ours: OurSample[] = [];
  const bareAtOnce: Sample[] = [];
  const bareOneByOne: Sample[] = [];
  for (const each of granted.slice(warmUp)) {
    bareAtOnce.push(await sampleBare(stage, parts, recorded, 'at once'));
    bareOneByOne.push(await sampleBare(stage, parts, recorded, 'one by one'));
    ours.push((await sampleOurs(stage, each)).sample);
    if (ours.length % 20 === 0) say(`${ours.length} of ${granted.length - warmUp} revokes`);
  }
  return { ours, bareAtOnce, bareOneByOne, recorded };
}

/** One revoke, its calls with it. */
export async function sampleOurs(
  stage: LatencyStage,
  about: Granted,
): Promise<{ readonly sample: OurSample; readonly calls: readonly NotedCall[] }> {
  await stage.forgetNudges();
  await delay(PAUSE_MIN_MS + Math.random() * (PAUSE_MAX_MS - PAUSE_MIN_MS));
  await forget(stage);
  const startedMs = machineMs();
  await stage.caller.revoke(about.requestId);
  const toAnswerMs = machineMs() - startedMs;
  await delay(LATE_MS);
  const calls = await stage.calls();
  const proof = findProof(calls, about);
  if (proof === undefined) throw new Error(`${about.requestId} was answered without a proof`);
  const sample = {
    toDeleteMs: (await firstDelete(stage)) - startedMs,
    toProofMs: proof.endedMs - startedMs,
    toAnswerMs,
    inCallsMs: inCallsMs(calls, about),
  };
  return { calls, sample };
}

/** The last of those whose path is the most common one: now and then a tick or a look comes in between. */
async function recordPath(
  stage: LatencyStage,
  parts: BareParts,
  granted: readonly Granted[],
): Promise<Recorded> {
  const byShape = new Map<string, Recorded[]>();
  for (const about of granted) {
    const before = await readStoredRows(parts, about);
    const { calls } = await sampleOurs(stage, about);
    const path = readPath(calls, about);
    if (path === undefined) continue;
    const shape = shapeOf(path);
    byShape.set(shape, [...(byShape.get(shape) ?? []), { about, before, path }]);
  }
  const [usual = []] = [...byShape.values()].sort((left, right) => right.length - left.length);
  const last = usual[usual.length - 1];
  if (last === undefined) throw new Error('not one revoke was recorded from its call to its proof');
  return last;
}

async function sampleBare(
  stage: LatencyStage,
  parts: BareParts,
  recorded: Recorded,
  how: 'at once' | 'one by one',
): Promise<Sample> {
  await delay(PAUSE_MIN_MS);
  await forget(stage);
  const { startedMs, endedMs } = await runBarePath(parts, recorded, how);
  return { toDeleteMs: (await firstDelete(stage)) - startedMs, toProofMs: endedMs - startedMs };
}

async function forget(stage: LatencyStage): Promise<void> {
  await stage.calls();
  await stage.arrivals();
}

async function firstDelete(stage: LatencyStage): Promise<number> {
  const arrivals = await stage.arrivals();
  const found = arrivals.find(({ operation }) => operation === 'DeleteAccountAssignment');
  if (found === undefined) throw new Error('no Delete arrived at the stand-in');
  return found.atMs;
}
