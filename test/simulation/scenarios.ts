// The kinds of histories, by what happens in them most. All of them can be asked for by name.

import type { ActKind } from './act.ts';
import type { Phase } from './effect.ts';

export type Scenario = {
  readonly acts: number;
  /** One of these numbers of reconciler processes runs. */
  readonly processes: readonly number[];
  readonly weights: Readonly<Partial<Record<ActKind, number>>>;
  readonly takenOver?: true;
  /** So many grants come before all else. */
  readonly grants?: number;
  /** In this share of its histories, what lasts goes on while the world settles, and is over only then. */
  readonly lastingShare?: number;
  /** The parts of the loop that go wrong in it, and how often, where that is not as everywhere. */
  readonly phases?: Readonly<Partial<Record<Phase, number>>>;
};

const PEOPLE = { ask: 8, approve: 10, deny: 1, revoke: 5, 'revoke-user': 1 } as const;

/** Where grants come first. */
const HASTE = { ask: 2, approve: 3, revoke: 4, 'revoke-user': 1 } as const;

export const Scenarios = {
  /** Requests, approvals, revocations, and everything that can go wrong with single effects. */
  people: {
    acts: 26,
    processes: [1, 2],
    weights: { ...PEOPLE, misfortune: 14, type: 4, kill: 1, weather: 1, chat: 1 },
  },
  /** Hands in AWS and in the tables, also nonsense. */
  hands: {
    acts: 30,
    processes: [1, 2],
    weights: {
      ...PEOPLE,
      misfortune: 4,
      type: 8,
      'drop-request': 1,
      'type-ledger': 1,
      'drop-ledger': 1,
      'type-control': 1,
      assign: 4,
      unassign: 4,
      'assign-group': 1,
      person: 2,
      suspend: 1,
      freeze: 1,
      force: 1,
      release: 1,
      'audit-down': 1,
    },
  },
  /** Processes that die, stand still and take over from each other. */
  leaders: {
    acts: 26,
    processes: [2, 3],
    weights: { ...PEOPLE, misfortune: 10, pause: 8, kill: 4, stop: 2, assign: 1, unassign: 1 },
  },
  /** Access that nobody asked for, and the brake on removing it. */
  orphans: {
    acts: 26,
    processes: [1, 2],
    weights: {
      ...PEOPLE,
      misfortune: 6,
      assign: 10,
      unassign: 3,
      'drop-request': 3,
      release: 3,
      kill: 1,
      force: 1,
    },
  },
  /** The managed scope changes under live grants. */
  scope: {
    acts: 24,
    processes: [1, 2],
    weights: { ...PEOPLE, misfortune: 4, scope: 4, assign: 2, unassign: 1, pause: 1, 'assign-group': 1 },
  },
  /** Tables are lost, emptied, or put back to what they were. */
  restore: {
    acts: 22,
    processes: [1, 2],
    weights: { ...PEOPLE, misfortune: 4, snapshot: 3, restore: 3, empty: 2, assign: 1, release: 1 },
  },
  /** Tables that the previous system filled. */
  'take-over': {
    acts: 18,
    processes: [1, 2],
    weights: { ...PEOPLE, misfortune: 12, kill: 2, pause: 1, assign: 1, release: 2 },
    takenOver: true,
  },
  /** Hands type anything anywhere. */
  lies: {
    acts: 14,
    grants: 4,
    processes: [1, 2],
    weights: { ...HASTE, lie: 14, fill: 1, misfortune: 1, kill: 1 },
  },
  /** Tables and single rights are refused for long, and rows are full. */
  denied: {
    acts: 12,
    grants: 4,
    processes: [1, 2],
    weights: { ...HASTE, 'deny-right': 5, fill: 2, type: 4, misfortune: 2, kill: 1, freeze: 1 },
    lastingShare: 0.7,
  },
  /** Lists that show nothing, and groups that give the same. */
  blind: {
    acts: 12,
    grants: 4,
    processes: [1, 2],
    weights: { ...HASTE, blind: 4, group: 2, misfortune: 2, unassign: 1, assign: 1, release: 1, kill: 1 },
    lastingShare: 0.3,
  },
  /** Clocks of machines jump, both ways. */
  clocks: {
    acts: 12,
    grants: 4,
    processes: [1, 2],
    weights: { ...HASTE, 'clock-jump': 5, misfortune: 3, pause: 1, kill: 1, stop: 1 },
    lastingShare: 0.3,
  },
  /** Other tools want something else, and go on wanting it. */
  fights: {
    acts: 12,
    grants: 4,
    processes: [1, 2],
    weights: { ...HASTE, tool: 5, group: 2, misfortune: 2, release: 1, unassign: 1, kill: 1 },
    lastingShare: 0.5,
  },
  /** The ledger loses rows that said more than the audit alone does. */
  records: {
    acts: 30,
    processes: [1, 2],
    weights: { ...PEOPLE, misfortune: 3, shorten: 6, 'take-away': 5, forget: 7, kill: 1 },
  },
  /** People are frozen, revoked as a whole and let go again, in the middle of everything. */
  holds: {
    acts: 30,
    processes: [1, 2],
    weights: { ...PEOPLE, 'revoke-user': 6, freeze: 6, unfreeze: 6, misfortune: 14, pause: 1 },
    phases: { adopt: 12, 'api read': 8, find: 2, desired: 2, claim: 2, call: 4 },
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof Scenarios;

export const ScenarioNames = Object.keys(Scenarios) as ScenarioName[];
