// All contestants under the same load, one after the other and again, so that what else happens on the machine meets
// them alike; the medians of the rounds count.

import { median, quantile } from 'simple-statistics';
import type { Say } from '../bench.ts';
import { type Contestant, type ContestantName, ContestantNames, startContestant } from './contestant.ts';
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
export type Compared = Readonly<Record<ContestantName, Figures>>;

export async function compareServers(contest: Contest, say: Say): Promise<Compared> {
  const contestants = await Promise.all(
    ContestantNames.map((name) => startContestant(name, contest.dynamoDb)),
  );
  try {
    for (const each of contestants) await runRound(each, { ...contest, calls: contest.warmUpCalls });
    const rounds: (readonly Figures[])[] = [];
    for (let round = 1; round <= contest.rounds; round += 1) {
      const figures: Figures[] = [];
      for (const each of contestants) figures.push(await runRound(each, contest));
      rounds.push(figures);
      const shown = figures.map(({ perSecond }, at) => `${ContestantNames[at]} ${perSecond.toFixed(0)}`);
      say(`${contest.title}, round ${round} of ${contest.rounds}, a second: ${shown.join(', ')}`);
    }
    const medians = ContestantNames.map((name, at) => [
      name,
      mediansOf(rounds.flatMap((each) => each[at] ?? [])),
    ]);
    return Object.fromEntries(medians) as Compared;
  } finally {
    await Promise.all(contestants.map((each) => each.end()));
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
