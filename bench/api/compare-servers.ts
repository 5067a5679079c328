// Both contestants under the same load, one after the other and again, so that what else happens on the machine meets
// both alike; the medians of the rounds count.

import { median, quantile } from 'simple-statistics';
import type { Say } from '../bench.ts';
import { type Contestant, startContestant } from './contestant.ts';
import { sendSignedLoad } from './signed-load.ts';

export type Contest = {
  readonly title: string;
  readonly rounds: number;
  readonly warmUpCalls: number;
  /** Of each contestant in each round. */
  readonly calls: number;
  readonly nextId: () => string;
  /** Where the tables are, if not in memory. */
  readonly dynamoDb?: string;
};

/** Medians of the rounds. */
export type Figures = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server's process. */
  readonly cpuMs: number;
};
export type Compared = { readonly ours: Figures; readonly bare: Figures };

export async function compareServers(contest: Contest, say: Say): Promise<Compared> {
  const ours = await startContestant('ours', contest.dynamoDb);
  const bare = await startContestant('bare', contest.dynamoDb);
  try {
    for (const each of [ours, bare]) await runRound(each, { ...contest, calls: contest.warmUpCalls });
    const rounds: Compared[] = [];
    for (let round = 1; round <= contest.rounds; round += 1) {
      rounds.push({ ours: await runRound(ours, contest), bare: await runRound(bare, contest) });
      const last = rounds[rounds.length - 1];
      say(
        `${contest.title}, round ${round} of ${contest.rounds}: ${last?.ours.perSecond.toFixed(0)} a second against ${last?.bare.perSecond.toFixed(0)}`,
      );
    }
    return {
      ours: mediansOf(rounds.map((each) => each.ours)),
      bare: mediansOf(rounds.map((each) => each.bare)),
    };
  } finally {
    await Promise.all([ours.end(), bare.end()]);
  }
}

async function runRound(contestant: Contestant, { calls, nextId }: Pick<Contest, 'calls' | 'nextId'>) {
  const before = await contestant.used();
  const { perSecond, latenciesMs } = await sendSignedLoad({ url: contestant.url, calls, nextId });
  const after = await contestant.used();
  return {
    perSecond,
    p50Ms: quantile([...latenciesMs], 0.5),
    p99Ms: quantile([...latenciesMs], 0.99),
    cpuMs: (after.cpuMs - before.cpuMs) / calls,
  };
}

function mediansOf(rounds: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => median(rounds.map((round) => round[name]));
  return { perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), cpuMs: of('cpuMs') };
}
