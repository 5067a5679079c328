// What can be done to the simulated world, as plain data. Numbers stand for whoever is there when it is done: a person,
// a process, one of the requests so far.

import type { Row, Table } from '../../src/store.ts';
import { type DeniedRight, DeniedRights } from './denials.ts';
import type { Phase } from './effect.ts';
import { fatesIn } from './fate.ts';
import { drawLie, type Lie } from './lie.ts';
import type { Misfortune } from './misfortunes.ts';

type Which = { readonly who: number; readonly account: number; readonly set: number };

export type Deed =
  | ({ readonly kind: 'ask'; readonly minutes: number } & Which)
  | { readonly kind: 'approve' | 'deny' | 'revoke'; readonly request: number; readonly by: number }
  | { readonly kind: 'revoke-user'; readonly who: number }
  | { readonly kind: 'freeze'; readonly who: number; readonly minutes: number }
  | { readonly kind: 'unfreeze'; readonly who: number }
  /** An earlier end is typed into the row of a request. */
  | { readonly kind: 'shorten'; readonly request: number; readonly minutes: number }
  /** Another hand in AWS removes what a request has, or the ledger loses its row. */
  | { readonly kind: 'take-away' | 'forget'; readonly request: number }
  | ({ readonly kind: 'misfortune' } & Misfortune)
  | {
      readonly kind: 'pause';
      readonly process: number;
      readonly seconds: number;
      readonly clockStops: boolean;
    }
  | { readonly kind: 'kill' | 'stop'; readonly process: number }
  | { readonly kind: 'chat'; readonly answer: 'ok' | 'down' | 'refuses' }
  | { readonly kind: 'audit-down'; readonly down: boolean }
  | { readonly kind: 'weather'; readonly weather: Weather }
  | { readonly kind: 'type'; readonly request: number; readonly set: Row; readonly remove: readonly string[] }
  | { readonly kind: 'drop-request'; readonly request: number }
  | { readonly kind: 'type-ledger'; readonly row: number; readonly set: Row }
  | { readonly kind: 'drop-ledger'; readonly row: number }
  | { readonly kind: 'type-control'; readonly name: string; readonly set: Row | undefined }
  | ({ readonly kind: 'assign' | 'unassign' } & Which)
  | { readonly kind: 'assign-group'; readonly account: number; readonly set: number }
  | { readonly kind: 'person'; readonly who: number; readonly becomes: 'deleted' | 'disabled' | 'back' }
  | { readonly kind: 'suspend'; readonly account: number; readonly suspended: boolean }
  | { readonly kind: 'force'; readonly by: number }
  | { readonly kind: 'release'; readonly by: number }
  | { readonly kind: 'scope'; readonly scope: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'restore'; readonly minutesLater: number }
  /** A hand types anything anywhere. `into` goes down into maps and lists. */
  | {
      readonly kind: 'lie';
      readonly table: TypedTable;
      readonly row: number;
      readonly attribute: number;
      readonly into: readonly number[];
      readonly lie: Lie;
    }
  /** A row is filled until only so many bytes are left of DynamoDB's 400 KB. */
  | {
      readonly kind: 'fill';
      readonly table: 'requests' | 'assignments' | 'control' | 'outbox';
      readonly row: number;
      readonly leftBytes: number;
    }
  | ({
      readonly kind: 'deny-right';
      readonly tables: readonly Table[];
      readonly right: DeniedRight;
    } & Lasting)
  /** AWS answers lists whole and empty: of one account, of one permission set, or of all where they are null. */
  | ({ readonly kind: 'blind'; readonly account: number | null; readonly set: number | null } & Lasting)
  /** The clock of a machine jumps, and stays off for so long. Behind the last process is that of the API. */
  | ({ readonly kind: 'clock-jump'; readonly process: number; readonly byMs: number } & Lasting)
  /** Another tool wants an assignment to be there, or not to be there, and looks so long after each change. */
  | ({
      readonly kind: 'tool';
      readonly wants: 'present' | 'absent';
      readonly row: number;
      readonly delaySeconds: number;
    } & Lasting)
  | { readonly kind: 'group'; readonly account: number; readonly set: number; readonly present: boolean }
  | { readonly kind: 'empty'; readonly table: 'requests' | 'assignments' | 'control' | 'outbox' | 'all' };

/** What goes on until it ends by itself; for ever where its duration is null. */
type Lasting = { readonly seconds: number | null };

/** The tables as hands reach them: the nonces have no part in the simulation, which calls the handlers behind the door. */
export type TypedTable = Exclude<Table, 'nonces'>;
const TypedTables = ['requests', 'assignments', 'control', 'outbox', 'audit', 'config'] as const;

export type ActKind = Deed['kind'];

/** A deed, and how long to wait before it. */
export type Act = Deed & { readonly afterMs: number };

/** How AWS is for a while. */
export const Weathers = {
  calm: {},
  failing: { asyncFailureShare: 0.5 },
  slow: { operationMs: 20_000, operationJitter: 0.9 },
  'for minutes': { operationTailShare: 0.5, operationTailMs: 150_000 },
  crowded: { otherToolsRatePerSecond: 18, otherToolsOutstanding: 14 },
  lagging: { listLagMinMs: 0, listLagMaxMs: 12_000, describeNotFoundForMs: 8_000 },
  torn: { shortPageShare: 0.5, emptyPageShare: 0.5 },
} as const;
export type Weather = keyof typeof Weathers;

/** Made from a seed. */
export function drawAct(
  weights: Readonly<Partial<Record<ActKind, number>>>,
  random: () => number,
  phases: Readonly<Partial<Record<Phase, number>>> = MISFORTUNE_WEIGHTS,
): Act {
  const draw = { phases, random, pick: pickWith(random), upTo: (max: number) => Math.floor(random() * max) };
  const kind = weighted(weights, random);
  const afterMs = random() < 0.3 ? draw.upTo(400) : draw.upTo(random() < 0.1 ? 90_000 : 12_000);
  return { ...DRAW[kind](draw), afterMs };
}

/** Somebody asks, and is given it: grants for the rest of the history to disturb. */
export function drawGrant(random: () => number): readonly Act[] {
  const draw = {
    phases: MISFORTUNE_WEIGHTS,
    random,
    pick: pickWith(random),
    upTo: (max: number) => Math.floor(random() * max),
  };
  const minutes = draw.pick(1, 2, 3, 60);
  return [
    { kind: 'ask', ...which(draw), minutes, afterMs: draw.upTo(400) },
    { kind: 'approve', request: 0, by: draw.upTo(2), afterMs: 100 + draw.upTo(1_500) },
  ];
}

type Draw = {
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  readonly random: () => number;
  readonly pick: <T>(first: T, ...others: readonly T[]) => T;
  readonly upTo: (max: number) => number;
};

function pickWith(random: () => number): Draw['pick'] {
  return (first, ...others) => [first, ...others][Math.floor(random() * (others.length + 1))] ?? first;
}

function weighted<Name extends string>(
  weights: Readonly<Partial<Record<Name, number>>>,
  random: () => number,
): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const drawn = entries.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return (drawn ?? entries.at(-1) ?? [''])[0] as Name;
}

/** What is seldom done goes wrong as often as what is done every second. */
const MISFORTUNE_WEIGHTS: Readonly<Record<Phase, number>> = {
  lease: 1,
  listen: 0.5,
  find: 0.7,
  desired: 1,
  look: 1.5,
  list: 1.5,
  accounts: 1,
  claim: 3,
  call: 9,
  record: 3,
  adopt: 7,
  prove: 3,
  remember: 1.5,
  sweep: 1,
  judge: 1,
  publish: 0.7,
  deliver: 1,
  send: 2,
  'api read': 1,
  'api write': 2,
};

const which = ({ upTo }: Draw): Which => ({ who: upTo(4), account: upTo(3), set: upTo(2) });
/** Mostly about the newest requests: 0 is the newest. */
const request = ({ random }: Draw): number => Math.floor(random() ** 2 * 8);

const DRAW: { readonly [Kind in ActKind]: (draw: Draw) => Deed & { kind: Kind } } = {
  ask: (draw) => ({ kind: 'ask', ...which(draw), minutes: draw.pick(1, 2, 3, 60, 60) }),
  approve: (draw) => ({
    kind: 'approve',
    request: draw.random() < 0.6 ? 0 : request(draw),
    by: draw.upTo(2),
  }),
  deny: (draw) => ({ kind: 'deny', request: request(draw), by: draw.upTo(2) }),
  revoke: (draw) => ({ kind: 'revoke', request: request(draw), by: draw.upTo(4) }),
  'revoke-user': (draw) => ({ kind: 'revoke-user', who: draw.upTo(4) }),
  freeze: (draw) => ({ kind: 'freeze', who: draw.upTo(4), minutes: draw.pick(1, 3) }),
  unfreeze: (draw) => ({ kind: 'unfreeze', who: draw.upTo(4) }),
  shorten: (draw) => ({ kind: 'shorten', request: request(draw), minutes: draw.pick(2, 5, 20) }),
  'take-away': (draw) => ({ kind: 'take-away', request: request(draw) }),
  forget: (draw) => ({ kind: 'forget', request: request(draw) }),
  misfortune: (draw) => {
    const phase = weighted(draw.phases, draw.random);
    const [first = 'lost-before', ...others] = fatesIn(phase);
    const fate = draw.pick(first, ...others);
    return {
      kind: 'misfortune',
      phase,
      fate,
      skip: draw.upTo(draw.pick(1, 2, 6)),
      times: draw.pick(1, 1, 1, 3, 8),
    };
  },
  pause: (draw) => ({
    kind: 'pause',
    process: draw.upTo(3),
    seconds: 5 + draw.upTo(60),
    clockStops: draw.random() < 0.5,
  }),
  kill: (draw) => ({ kind: 'kill', process: draw.upTo(3) }),
  stop: (draw) => ({ kind: 'stop', process: draw.upTo(3) }),
  chat: (draw) => ({ kind: 'chat', answer: draw.pick('ok', 'down', 'refuses') }),
  'audit-down': (draw) => ({ kind: 'audit-down', down: draw.random() < 0.5 }),
  weather: (draw) => ({
    kind: 'weather',
    weather: draw.pick('calm', ...(Object.keys(Weathers) as Weather[])),
  }),
  type: (draw) => ({ kind: 'type', request: request(draw), ...typed(draw) }),
  'drop-request': (draw) => ({ kind: 'drop-request', request: request(draw) }),
  'type-ledger': (draw) => ({
    kind: 'type-ledger',
    row: draw.upTo(6),
    set: draw.pick<Row>(
      { stage: 'WHAT' },
      { entries: 'none' },
      { due_at: 7 },
      { version: 'x' },
      { op: { kind: 'CREATE' } },
    ),
  }),
  'drop-ledger': (draw) => ({ kind: 'drop-ledger', row: draw.upTo(6) }),
  'type-control': (draw) => ({
    kind: 'type-control',
    name: draw.pick('leader', 'brake', 'nudges', 'sweep', 'principal#11111111-1111-4111-8111-111111111111'),
    set: draw.pick<Row | undefined>(
      undefined,
      { version: 'what', epoch: 'what' },
      { tripped: 'what', recent: 3 },
    ),
  }),
  assign: (draw) => ({ kind: 'assign', ...which(draw) }),
  unassign: (draw) => ({ kind: 'unassign', ...which(draw) }),
  'assign-group': (draw) => ({ kind: 'assign-group', account: draw.upTo(2), set: draw.upTo(2) }),
  person: (draw) => ({
    kind: 'person',
    who: draw.upTo(4),
    becomes: draw.pick('deleted', 'disabled', 'back'),
  }),
  suspend: (draw) => ({ kind: 'suspend', account: draw.upTo(2), suspended: draw.random() < 0.6 }),
  force: (draw) => ({ kind: 'force', by: draw.upTo(4) }),
  release: (draw) => ({ kind: 'release', by: draw.upTo(4) }),
  scope: (draw) => ({ kind: 'scope', scope: draw.upTo(5) }),
  snapshot: () => ({ kind: 'snapshot' }),
  restore: (draw) => ({ kind: 'restore', minutesLater: draw.pick(0, 1, 20, 55) }),
  empty: (draw) => ({
    kind: 'empty',
    table: draw.pick('requests', 'assignments', 'control', 'outbox', 'all'),
  }),
  lie: (draw) => ({
    kind: 'lie',
    table: draw.random() < 0.75 ? draw.pick('requests', 'assignments') : draw.pick(...TypedTables),
    row: draw.upTo(6),
    attribute: draw.upTo(1_000),
    into: Array.from({ length: draw.upTo(4) }, () => draw.upTo(100)),
    lie: drawLie(draw.random),
  }),
  fill: (draw) => ({
    kind: 'fill',
    table: draw.pick('requests', 'requests', 'requests', 'assignments', 'control', 'outbox'),
    row: draw.upTo(6),
    leftBytes: draw.pick(0, 0, 20, 300),
  }),
  'deny-right': (draw) => ({
    kind: 'deny-right',
    tables: deniedTables(draw),
    right: draw.pick('write', ...DeniedRights),
    seconds: seconds(draw),
  }),
  blind: (draw) => ({
    kind: 'blind',
    account: draw.pick(null, draw.upTo(2)),
    set: draw.pick(null, draw.upTo(2)),
    seconds: seconds(draw),
  }),
  'clock-jump': (draw) => ({
    kind: 'clock-jump',
    process: draw.upTo(4),
    byMs: draw.pick(1, -1) * draw.pick(40 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 5 * HOUR),
    seconds: seconds(draw),
  }),
  tool: (draw) => ({
    kind: 'tool',
    wants: draw.pick('present', 'present', 'absent'),
    row: draw.upTo(6),
    delaySeconds: draw.pick(1, 10, 30, 70),
    seconds: draw.pick<number | null>(120, 400, null, null),
  }),
  group: (draw) => ({
    kind: 'group',
    account: draw.upTo(2),
    set: draw.upTo(2),
    present: draw.random() < 0.6,
  }),
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** For a moment, for minutes, or for ever. */
const seconds = ({ pick }: Draw): number | null => pick<number | null>(20, 90, 240, null, null);

/** One table, or two at once. Without that of the assignments nothing can be done at all, so it is seldom among them. */
function deniedTables({ random, pick }: Draw): readonly Table[] {
  const one = (): Table =>
    pick<Table>('audit', 'outbox', 'control', 'requests', 'config', 'audit', 'assignments');
  return random() < 0.7 ? [one()] : [...new Set([one(), one()])];
}

/** What a hand types into a request's row: commands, mistakes and nonsense. */
function typed(draw: Draw): { readonly set: Row; readonly remove: readonly string[] } {
  return draw.pick<{ set: Row; remove: readonly string[] }>(
    { set: { status: 'REVOKED', revoked_by: 'sam@example.com' }, remove: [] },
    { set: { status: 'REVOKED' }, remove: [] },
    { set: { status: 'EXPIRED' }, remove: [] },
    { set: { status: 'ERROR' }, remove: [] },
    { set: { status: 'GRANTED' }, remove: [] },
    { set: { status: 'APPROVED' }, remove: [] },
    { set: { status: 'nonsense' }, remove: [] },
    { set: { status: 7 }, remove: [] },
    { set: { end_time: '2099-01-01T00:00:00Z' }, remove: [] },
    { set: { end_time: '2026-01-15T12:03:00Z' }, remove: [] },
    { set: { end_time: 'soon' }, remove: [] },
    { set: { requested_duration_minutes: 600 }, remove: [] },
    { set: { account_id: '999' }, remove: [] },
    { set: { assignment_status: 'LIVE' }, remove: ['assignment_status_since'] },
    { set: {}, remove: ['permission_set_arn', 'identity_store_user_id'] },
    { set: { audited_status: 'nonsense' }, remove: [] },
  );
}
