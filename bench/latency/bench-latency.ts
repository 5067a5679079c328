// How long a revoke takes on an idle deployment, by the wall clock and over HTTP: from the call of the API to the Delete
// at Identity Center, and to the proof; in one process, and with the API and the leader apart.

import { quantile } from 'simple-statistics';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { isolateFromAws } from '../../local/isolate-from-aws.ts';
import { freePort } from '../../test/free-port.ts';
import type { BenchResult, BenchTable, Curve, Measure, Say } from '../bench.ts';
import { type Extent, type Measured, measureDeployment } from './measure-deployment.ts';
import { describeCall } from './read-path.ts';
import type { Sample } from './take-samples.ts';

// For development only: what counts is the whole run.
const SHORT = process.env.BENCH_SHORT === '1';
const OPERATION_MS = 50;
/** What an operation takes at AWS, more or less. */
const USUAL_OPERATION_MS = 2_000;
const ONE: Extent = {
  warmUp: SHORT ? 8 : 20,
  samples: SHORT ? 12 : 120,
  operationMs: OPERATION_MS,
  durations: {
    operationMs: SHORT ? [USUAL_OPERATION_MS] : [0, 250, 500, 1_000, USUAL_OPERATION_MS, 4_000],
    samples: SHORT ? 3 : 10,
  },
};
const TWO: Extent = { ...ONE, durations: { operationMs: [], samples: 0 } };

export async function benchLatency(say: Say): Promise<BenchResult> {
  isolateFromAws(process.env);
  const local = await startDynamoDbLocal({ port: await freePort() });
  try {
    const one = await measureDeployment('one', local.endpoint, ONE, say);
    const two = await measureDeployment('two', local.endpoint, TWO, say);
    return {
      measures: [...ratios(one), ...differences(one, two)],
      tables: [latencyTable(one, two), durationTable(one), pathTable(one)],
      curves: [distribution(one, two)],
      notes: notes(one),
    };
  } finally {
    await local.stop();
  }
}

const p = (share: number, samples: readonly Sample[], of: keyof Sample) =>
  quantile(
    samples.map((sample) => sample[of]),
    share,
  );

/** What the bare trips to the proof and the operation's own time would take together. */
function bareProofMs({ bareOneByOne }: Measured, operationMs: number): number {
  return p(0.5, bareOneByOne, 'toProofMs') + operationMs;
}

function ratios(one: Measured): readonly Measure[] {
  const { ours, bareOneByOne, bareAtOnce, byOperationMs } = one;
  const goal = { atMost: 1.5 };
  const toProof = (samples: readonly Sample[], operationMs: number): Measure => ({
    name: `call to proof, operations of ${operationMs} ms, p50`,
    value: p(0.5, samples, 'toProofMs') / bareProofMs(one, operationMs),
    unit: '×',
    goal,
    against: 'the sum of the bare round trips and the operation, p50',
  });
  return [
    {
      name: 'call to Delete, one process, p50',
      value: p(0.5, ours, 'toDeleteMs') / p(0.5, bareOneByOne, 'toDeleteMs'),
      unit: '×',
      goal,
      against: 'the sum of the same round trips by bare clients, p50',
    },
    {
      name: 'call to Delete, one process, p50',
      value: p(0.5, ours, 'toDeleteMs') / p(0.5, bareAtOnce, 'toDeleteMs'),
      unit: '×',
      against: 'the same, with what we ask at once asked at once',
    },
    toProof(ours, OPERATION_MS),
    toProof(byOperationMs.get(USUAL_OPERATION_MS) ?? [], USUAL_OPERATION_MS),
  ];
}

function differences(one: Measured, two: Measured): readonly Measure[] {
  const more = (of: keyof Sample) => p(0.99, two.ours, of) - p(0.99, one.ours, of);
  const goal = { atMost: 1_200 };
  const against = 'p99 of one process';
  return [
    { name: 'call to Delete, two processes, p99', value: more('toDeleteMs'), unit: 'ms more', goal, against },
    { name: 'call to proof, two processes, p99', value: more('toProofMs'), unit: 'ms more', goal, against },
  ];
}

function latencyTable(one: Measured, two: Measured): BenchTable {
  const row = (name: string, all: readonly number[]) => [
    name,
    ...[0.5, 0.9, 0.99, 1].map((share) => quantile([...all], share)),
  ];
  const both = (name: string, samples: readonly Sample[]) => [
    row(
      `${name}, to Delete`,
      samples.map((sample) => sample.toDeleteMs),
    ),
    row(
      `${name}, to proof`,
      samples.map((sample) => sample.toProofMs),
    ),
  ];
  return {
    title: `From the call of the API, ms (operations of ${OPERATION_MS} ms; the bare trips do not wait for theirs)`,
    head: ['', 'p50', 'p90', 'p99', 'longest'],
    rows: [
      ...both('one process', one.ours),
      row(
        'one process, to Delete, of it in calls to the tables',
        one.ours.map((sample) => sample.inCallsMs),
      ),
      row(
        'one process, to the answer',
        one.ours.map((sample) => sample.toAnswerMs),
      ),
      ...both('two processes', two.ours),
      ...both('bare trips, one by one', one.bareOneByOne),
      ...both('bare trips, some at once', one.bareAtOnce),
    ],
  };
}

function durationTable(one: Measured): BenchTable {
  const all = [...one.byOperationMs, [OPERATION_MS, one.ours] as const].sort(
    ([left], [right]) => left - right,
  );
  return {
    title: 'From the call to the proof by how long operations take, one process, p50',
    head: ['operation ms', 'ms', 'bare trips and operation ms', '×'],
    rows: all.map(([operationMs, samples]) => {
      const oursMs = p(0.5, samples, 'toProofMs');
      const bareMs = bareProofMs(one, operationMs);
      return [operationMs, oursMs, bareMs, oursMs / bareMs];
    }),
  };
}

function pathTable({ recorded: { path } }: Measured): BenchTable {
  const steps = [...path.toDelete, ...path.toProof].map((step) => step.map(describeCall).join(' + '));
  return {
    title: `The path, as it was recorded: ${path.toDelete.length} steps to the Delete, ${path.toProof.length} more to the proof`,
    head: ['what is asked, + at once'],
    rows: [['the signed call of the API'], ...steps.map((step) => [step])],
  };
}

function distribution(one: Measured, two: Measured): Curve {
  const series = (name: string, samples: readonly Sample[]) => {
    const sorted = samples.map((sample) => sample.toDeleteMs).sort((left, right) => left - right);
    return { name, points: sorted.map((ms, at) => [ms, (at + 1) / sorted.length] as const) };
  };
  return {
    name: 'to-delete',
    title: 'From the call of the API to the Delete at Identity Center',
    x: { label: 'ms', logarithmic: true },
    y: { label: 'share of revokes' },
    series: [
      series('bare trips, one by one', one.bareOneByOne),
      series('one process', one.ours),
      series('two processes', two.ours),
    ],
  };
}

function notes({ ours, bareOneByOne }: Measured): readonly string[] {
  return [
    `${ours.length} revokes of each deployment and as many of each baseline, in turns, one at a time, after ${ONE.warmUp} that do not count. Tables, Identity Center's stand-in, our processes and the caller are processes of their own on loopback; every setting has its default. Between two revokes the nudges are taken out of their row, as two minutes would, so that each meets an idle deployment.`,
    `The baseline is one signed call to a bare express application and then every call that our processes were seen to make on the path, with the same bodies on rows of its own, by bare SDK clients. It stops its watch where ours is stopped: when the Delete arrives, and when the write that records the proof is answered. ${bareOneByOne.length} of them.`,
    'With two processes the nudge goes through a row that the leader reads once a second: that is the difference.',
    'The proof needs a verdict of the operation, and asking costs calls that AWS counts: the first question is asked a moment after the Delete, the next ones further apart. What an operation takes less than that is waited for all the same.',
  ];
}
