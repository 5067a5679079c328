// Small worlds, one story each, in which everything that can happen at a single effect is made to happen: the histories
// are written by hand, and calm but for that one thing.

import type { Act, Deed } from './act.ts';
import type { History, Surroundings } from './history.ts';
import type { Answer } from './unverified-facts.ts';

/** A deed so many seconds after the one before. */
const after = (seconds: number, deed: Deed): Act => ({ ...deed, afterMs: seconds * 1000 });

const ask = (seconds: number, minutes = 60, who = 0): Act =>
  after(seconds, { kind: 'ask', who, account: 0, set: 0, minutes });
const approve = (seconds: number, request = 0): Act => after(seconds, { kind: 'approve', request, by: 0 });
const revoke = (seconds: number, request = 0): Act => after(seconds, { kind: 'revoke', request, by: 2 });
const granted = (minutes = 60, who = 0): readonly Act[] => [ask(25, minutes, who), approve(1)];
const assign = (seconds: number, who: number, account = 0): Act =>
  after(seconds, { kind: 'assign', who, account, set: 0 });

type SmallWorld = { readonly acts: readonly Act[] } & Partial<Omit<Surroundings, 'answers'>>;

const WORLDS = {
  grant: { acts: [...granted(), after(4, { kind: 'snapshot' })] },
  revoke: { acts: [...granted(), revoke(6), after(5, { kind: 'snapshot' })] },
  'revoke before it was created': { acts: [...granted(), revoke(0.2), after(5, { kind: 'snapshot' })] },
  expiry: { acts: [...granted(1), after(66, { kind: 'snapshot' })] },
  overlap: {
    acts: [...granted(), ask(5), approve(1), revoke(6, 1), revoke(6), after(4, { kind: 'snapshot' })],
  },
  'approved while it is removed': {
    acts: [...granted(), ask(4), revoke(2, 1), approve(0.4), after(6, { kind: 'snapshot' })],
  },
  deny: { acts: [ask(25), after(1, { kind: 'deny', request: 0, by: 0 }), after(6, { kind: 'snapshot' })] },
  orphan: { acts: [assign(30, 1), after(100, { kind: 'snapshot' })] },
  'hand edit': {
    acts: [
      ...granted(),
      after(5, {
        kind: 'type',
        request: 0,
        set: { status: 'GRANTED', end_time: '2099-01-01T00:00:00Z' },
        remove: [],
      }),
      after(6, {
        kind: 'type',
        request: 0,
        set: { status: 'REVOKED', revoked_by: 'sam@example.com' },
        remove: [],
      }),
      after(7, { kind: 'snapshot' }),
    ],
  },
  missing: {
    acts: [
      ...granted(),
      after(6, { kind: 'unassign', who: 0, account: 0, set: 0 }),
      after(80, { kind: 'snapshot' }),
    ],
  },
  'mass loss': {
    acts: [...granted(), assign(4, 1), assign(0, 2), assign(0, 3), after(100, { kind: 'release', by: 2 })],
    brakeCount: 1,
  },
  'leader change': {
    acts: [
      ...granted(),
      after(1.2, { kind: 'pause', process: 0, seconds: 40, clockStops: true }),
      revoke(2),
      after(45, { kind: 'snapshot' }),
    ],
    skewsMs: [0, 12_000],
  },
  'everything of a user': {
    acts: [...granted(), after(6, { kind: 'revoke-user', who: 0 }), after(6, { kind: 'snapshot' })],
  },
  canary: { acts: [after(40, { kind: 'snapshot' })], canary: true },
  'take-over': { acts: [after(30, { kind: 'snapshot' })], takenOver: true },
} as const satisfies Readonly<Record<string, SmallWorld>>;

export type SmallWorldName = keyof typeof WORLDS;
export const SmallWorldNames = Object.keys(WORLDS) as SmallWorldName[];

export function smallWorld(name: SmallWorldName, answers: Answer = {}): History {
  const { acts, ...surroundings }: SmallWorld = WORLDS[name];
  return {
    seed: 1,
    scenario: 'people',
    acts,
    surroundings: {
      skewsMs: [0],
      apiSkewMs: 0,
      jitterPercent: 0,
      answers,
      brakeCount: 100,
      takenOver: false,
      ...surroundings,
    },
  };
}
