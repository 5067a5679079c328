// The rules are fed with what simulated reconcilers show while something is wrong, so that it is the alert itself that is
// asserted: whoever is on call is told of what is live past its end, and of nothing where all is well.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { needs } from '../needs.ts';
import type { Act } from '../simulation/act.ts';
import { type History, historyOf } from '../simulation/history.ts';
import { runHistory } from '../simulation/run-history.ts';
import { RULES_FILE } from './alert-rules.ts';
import { PROMTOOL, promtool } from './promtool.ts';
import {
  LIVE_PAST_END,
  NOT_SEEN_DONE,
  SCRAPE_SECONDS,
  type Scraped,
  scrapeSimulation,
} from './scrape-simulation.ts';

const MINUTE = 60_000;
const TEN_MINUTES = { seconds: 600, afterMs: 5_000 } as const;

const ask = (minutes: number, who = 0): readonly Act[] => [
  { kind: 'ask', who, account: 0, set: 0, minutes, afterMs: 1_000 },
  { kind: 'approve', request: 0, by: 1, afterMs: 1_000 },
];
const revoke: Act = { kind: 'revoke', request: 0, by: 1, afterMs: 20_000 };
/** Something else happens so much later: nothing that anybody notices. */
const pass = (minutes: number): Act => ({ kind: 'force', by: 0, afterMs: minutes * MINUTE });

type Story = {
  readonly when: string;
  readonly acts: readonly Act[];
  /** Besides these no alert fires. */
  readonly fires: readonly string[];
  readonly mayFire?: readonly string[];
};

const STORIES: readonly Story[] = [
  { when: 'all is well', acts: [...ask(60), ...ask(3, 1), revoke, pass(30)], fires: [] },
  {
    when: 'a suspended account keeps what was revoked',
    acts: [
      ...ask(60),
      { kind: 'suspend', account: 0, suspended: true, afterMs: 20_000 },
      revoke,
      pass(15),
      { kind: 'suspend', account: 0, suspended: false, afterMs: 1_000 },
    ],
    fires: ['JitAccessOverdue', 'JitStuckOperations'],
  },
  {
    when: 'the ledger takes nothing while access comes to its end',
    acts: [
      ...ask(2),
      { kind: 'deny-right', tables: ['assignments'], right: 'write', ...TEN_MINUTES },
      pass(15),
    ],
    fires: ['JitAccessOverdue'],
    mayFire: ['JitStuckOperations', 'JitRevocationObjective'],
  },
  {
    when: 'nobody can hold the lease',
    acts: [
      ...ask(60),
      { kind: 'deny-right', tables: ['control'], right: 'all', ...TEN_MINUTES },
      revoke,
      pass(15),
    ],
    fires: ['JitNoLeader', 'JitNoPass'],
    mayFire: ['JitAccessOverdue'],
  },
  {
    when: 'the audit takes nothing: what was revoked is gone, and its record is not made',
    acts: [
      ...ask(60),
      { kind: 'deny-right', tables: ['audit'], right: 'write', ...TEN_MINUTES },
      revoke,
      pass(15),
    ],
    fires: ['JitStuckOperations'],
  },
  {
    when: 'the only leader has a clock that is ten minutes behind',
    acts: [...ask(2), { kind: 'clock-jump', process: 0, byMs: -10 * MINUTE, ...TEN_MINUTES }, pass(15)],
    fires: ['JitClockOffset'],
    mayFire: [
      'JitAccessOverdue',
      'JitNoPass',
      'JitNoFullSweep',
      'JitRevocationsWithheld',
      'JitRevocationObjective',
    ],
  },
  {
    when: 'another tool makes access again after each removal',
    acts: [
      ...ask(60),
      { kind: 'tool', wants: 'present', row: 0, delaySeconds: 20, ...TEN_MINUTES },
      revoke,
      pass(20),
    ],
    fires: ['JitContested'],
    mayFire: ['JitBrakeTripped', 'JitDrift', 'JitAccessOverdue'],
  },
  {
    when: 'the only process stands still',
    acts: [
      ...ask(60),
      { kind: 'pause', process: 0, seconds: 900, clockStops: false, afterMs: 5_000 },
      pass(20),
    ],
    fires: ['JitNoPass'],
  },
];

/** Whatever is wrong in them: what is live past its end is not kept from whoever is on call. */
const DRAWN = ['denied', 'clocks', 'hands', 'orphans', 'blind', 'fights'] as const;

const historyOfStory = ({ acts }: Story): History => ({
  seed: 1,
  scenario: 'people',
  acts,
  surroundings: {
    skewsMs: [0],
    apiSkewMs: 0,
    jitterPercent: 0,
    answers: {},
    brakeCount: 2,
    takenOver: false,
  },
});

async function scraped(history: History): Promise<Scraped> {
  let seen: Scraped | undefined;
  const { violation } = await runHistory(history, {
    watch: (scene) => {
      seen = scrapeSimulation(scene);
      return seen;
    },
  });
  expect(violation).toBeUndefined();
  if (seen === undefined) throw new Error('nobody looked on');
  return seen;
}

const window = (minutes: number) => `[${minutes}m:${SCRAPE_SECONDS}s]`;
/** It has been live past its end for five minutes, and nothing tells whoever is on call. */
const UNTOLD = `min_over_time(${LIVE_PAST_END}[5m]) > 0 unless on() count(ALERTS{alertstate="firing"})`;
/** It is said to be overdue, and for minutes nothing has been that is not seen done. */
const UNTRUE = `ALERTS{alertname="JitAccessOverdue",alertstate="firing"} unless on() (max_over_time(${NOT_SEEN_DONE}[6m]) > 0)`;

type Expectation = { readonly expr: string; readonly exp_samples: readonly object[] };

function storyFor(name: string, seen: Scraped, expectations: readonly Expectation[]) {
  const minutes = seen.minutes();
  return {
    name,
    interval: `${SCRAPE_SECONDS}s`,
    input_series: seen.inputSeries(),
    promql_expr_test: [
      { expr: `count(count_over_time((${UNTOLD})${window(minutes)}))`, exp_samples: [] },
      { expr: `count(count_over_time((${UNTRUE})${window(minutes)}))`, exp_samples: [] },
      ...expectations,
    ].map((each) => ({ ...each, eval_time: `${minutes}m` })),
  };
}

function firesExactly({ fires, mayFire = [] }: Story, minutes: number): Expectation {
  const known = mayFire.length === 0 ? '' : `,alertname!~"${mayFire.join('|')}"`;
  // The demonstration has standing access of its own, which is foreign.
  const ours = `ALERTS{alertstate="firing",kind!="foreign"${known}}`;
  return {
    expr: `count by (alertname) (count_over_time(${ours}[${minutes}m])) > bool 0`,
    exp_samples: fires.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
  };
}

describe('the alerts on what is simulated', needs({ prometheus: PROMTOOL !== undefined }), () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'alerts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const told = (...tests: readonly object[]): string => {
    const file = path.join(folder, 'simulated.test.yaml');
    const text = stringify({ rule_files: [RULES_FILE], evaluation_interval: `${SCRAPE_SECONDS}s`, tests });
    writeFileSync(file, text);
    return promtool('test', 'rules', file);
  };

  test.each(STORIES)('$when: $fires', async (story) => {
    const seen = await scraped(historyOfStory(story));
    expect(told(storyFor(story.when, seen, [firesExactly(story, seen.minutes())]))).toContain('SUCCESS');
  });

  test.each(DRAWN)(
    'of histories of the kind %s whoever is on call is told what is live past its end',
    async (scenario) => {
      const stories = [];
      for (const seed of [1, 2]) {
        const history = historyOf(seed, { scenario });
        const lasting = { ...history, surroundings: { ...history.surroundings, lasting: true as const } };
        stories.push(storyFor(`${scenario} ${seed}`, await scraped(lasting), []));
      }
      expect(told(...stories)).toContain('SUCCESS');
    },
  );
});
