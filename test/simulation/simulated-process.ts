// One process of the simulation: its doors to the tables, to AWS and to the chat, each effect of which meets its fate,
// and its death, after which nothing it had begun goes on.

import type { SdkCommand } from '../../local/identity-center/in-process-client.ts';
import type { IdentityCenterModel } from '../../local/identity-center/model.ts';
import type { Delivery } from '../../reconciler/deliver-notifications.ts';
import type { DateAnswer } from '../../src/clock-offset.ts';
import type { NotificationBody } from '../../src/notification.ts';
import type { Row, Store, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import type { ModelStore } from '../model-store.ts';
import type { Denials } from './denials.ts';
import {
  type Effect,
  type EffectKind,
  mayBeStale,
  type Phase,
  phaseOfOperation,
  phaseOfRead,
  phaseOfWrites,
  type Read,
} from './effect.ts';
import type { Fate } from './fate.ts';
import { keyOfWrite } from './key-of-write.ts';
import type { Misfortunes } from './misfortunes.ts';
import type { ProcessClock } from './standing-still.ts';
import type { Written } from './watcher.ts';

export type ProcessParts = {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly store: ModelStore;
  readonly misfortunes: Misfortunes;
  readonly random: () => number;
  /** How many effects in a hundred take a moment longer, so that processes overtake each other. */
  readonly jitterPercent: number;
  /** The age of the state that the next read that may be stale is answered from. */
  readonly stale: { lagMs: number };
  readonly onWritten: (written: Written) => void;
  /** What the tables do not answer or take at present. */
  readonly denials: Pick<Denials, 'admitRead' | 'admitWrites'>;
  readonly onDeath: () => void;
  /** True time, epoch milliseconds: what AWS's answers are dated by. */
  readonly trueNowMs: () => number;
  /** Told of every answer that arrives, by who gave it. */
  readonly onAnswer?: (source: EffectKind, answer: DateAnswer) => void;
};

export type SimulatedProcess = {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly store: Store;
  isDead(): boolean;
  die(): void;
  /** Lets `act` happen as one effect: it may be delayed, lost, or be the last thing the process does. */
  effect<T>(
    kind: EffectKind,
    phase: Phase,
    what: string,
    act: (fate: Fate | undefined) => Promise<T>,
  ): Promise<T>;
};

/** Less than the margin of the lease: what was sent in time still arrives in time. */
const LATE_MAX_MS = 4_000;
const SLOW_MAX_MS = 12_000;
const PAUSE_MIN_MS = 16_000;
const PAUSE_MAX_MS = 50_000;
const STALE_MAX_MS = 10_000;
const JITTER_MAX_MS = 400;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export function createSimulatedProcess(parts: ProcessParts): SimulatedProcess {
  const { name, clock, misfortunes, random } = parts;
  let dead = false;
  const die = () => {
    if (dead) return;
    dead = true;
    parts.onDeath();
  };
  // Met before, and felt only now: once faults have stopped, nothing stands still any more.
  const pause = () =>
    !misfortunes.areOver() &&
    clock.standStill(PAUSE_MIN_MS + random() * (PAUSE_MAX_MS - PAUSE_MIN_MS), random() < 0.5);

  /** What happens to it on the way there. Answers whether it goes on. */
  const depart = async (fate: Fate | undefined): Promise<boolean> => {
    if (fate === 'crash-before') die();
    // A process that lives and a dead one look alike to what is asked: it is never heard of again.
    if (dead || fate === 'never-ends-before') return false;
    if (fate === 'pause-before') pause();
    if (fate === 'late') await clock.sleep(random() * LATE_MAX_MS);
    else if (parts.jitterPercent > 0 && random() * 100 < parts.jitterPercent)
      await clock.sleep(random() * JITTER_MAX_MS);
    if (clock.isStandingStill()) await clock.moves();
    return !dead;
  };
  const comeBack = async (fate: Fate | undefined): Promise<boolean> => {
    if (fate === 'crash-after') die();
    if (dead || fate === 'never-ends-after') return false;
    if (fate === 'pause-after') pause();
    if (fate === 'slow') await clock.sleep(1_000 + random() * SLOW_MAX_MS);
    if (clock.isStandingStill()) await clock.moves();
    return !dead;
  };

  const effect: SimulatedProcess['effect'] = async (kind, phase, what, act) => {
    if (dead) return never();
    if (clock.isStandingStill()) await clock.moves();
    const made: Effect = { by: name, kind, phase, what };
    const fate = misfortunes.take(made);
    const sentMs = clock.nowMs();
    if (!(await depart(fate))) return never();
    try {
      const done = await act(fate);
      const dateMs = Math.floor(parts.trueNowMs() / 1_000) * 1_000;
      if (!(await comeBack(fate))) return never();
      if (kind !== 'send') parts.onAnswer?.(kind, { dateMs, sentMs, receivedMs: clock.nowMs() });
      return done;
    } catch (error) {
      if (!(await comeBack(fate))) return never();
      throw error;
    }
  };

  return {
    name,
    clock,
    store: storeOf(parts, effect),
    isDead: () => dead,
    die,
    effect,
  };
}

/** The tables as this process reaches them. */
function storeOf(parts: ProcessParts, effect: SimulatedProcess['effect']): Store {
  const { store } = parts;
  const reading = <T>(read: Read, act: () => Promise<T>): Promise<T> => {
    const kind = mayBeStale(read) ? 'index' : 'read';
    const phase = parts.name === 'api' ? 'api read' : phaseOfRead(read);
    return effect(kind, phase, `${read.kind} ${read.table}`, (fate) => {
      if (fate === 'lost-before') throw new StoreError(`read ${read.table}`, { cause: LOST });
      parts.denials.admitRead(read.table);
      if (fate === 'stale') parts.stale.lagMs = parts.random() * STALE_MAX_MS;
      const answer = act();
      parts.stale.lagMs = 0;
      return answer;
    });
  };
  return {
    get: (table, key) => reading({ kind: 'get', table, keys: [key] }, () => store.get(table, key)),
    getMany: (table, keys) => reading({ kind: 'getMany', table, keys }, () => store.getMany(table, keys)),
    query: (query) => reading({ kind: 'query', table: query.table, query }, () => store.query(query)),
    scan: (table, options) =>
      reading({ kind: 'scan', table, ...(options.index === undefined ? {} : { index: options.index }) }, () =>
        store.scan(table, options),
      ),
    transact: (writes) => {
      const phase = parts.name === 'api' ? 'api write' : phaseOfWrites(writes);
      return effect('write', phase, describe(writes), async (fate) => {
        if (fate === 'lost-before') throw new StoreError('write', { cause: LOST });
        parts.denials.admitWrites(writes);
        const before = writes.map((write) => store.peek(write.table, keyOfWrite(write)));
        const written = store.transact(writes);
        const after = writes.map((write) => store.peek(write.table, keyOfWrite(write)));
        const outcome = await written;
        if (outcome.outcome === 'written') parts.onWritten({ by: parts.name, writes, before, after });
        if (fate === 'lost-after') throw new StoreError('write', { cause: LOST });
        return outcome;
      });
    },
  };
}

const LOST = new Error('the connection broke');

function describe(writes: readonly Write[]): string {
  return writes.map(({ table, kind }) => `${kind} ${table}`).join(', ');
}

/** Fates of a call that the stand-in itself plays, so that its answers look as AWS's do. */
const AWS_FAULTS: Readonly<Partial<Record<Fate, Row>>> = {
  'lost-before': { kind: 'connection-reset', committed: false },
  'lost-after': { kind: 'connection-reset', committed: true },
  throttled: { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
  'too-many-outstanding': {
    kind: 'error',
    name: 'ThrottlingException',
    message: 'There are too many requests processing. Please try again later.',
  },
  conflict: {
    kind: 'error',
    name: 'ConflictException',
    message: 'There is a conflicting operation in process.',
  },
  gateway: { kind: 'html-503', committed: true },
  'fails-later': { kind: 'async-failure' },
  'fails-for-good': {
    kind: 'async-failure',
    reason: 'Received a 404 status error: the USER assignee was not found in directory d-1234567890',
  },
  hangs: { kind: 'async-hang', durationMs: 300_000 },
  stale: { kind: 'stale-list', lagMs: 8_000 },
  'empty-page': { kind: 'empty-page' },
};

/** Sends a command as this process: one effect, whose fate the stand-in plays where it is AWS's. */
export async function sendToAws(
  process: SimulatedProcess,
  model: IdentityCenterModel,
  send: (command: SdkCommand) => Promise<unknown>,
  command: SdkCommand,
): Promise<unknown> {
  const operation = command.constructor.name.replace(/Command$/, '');
  const phase = phaseOfOperation(operation);
  return process.effect(phase === 'call' ? 'call' : 'ask', phase, operation, (fate) => {
    const fault = fate === undefined ? undefined : AWS_FAULTS[fate];
    if (fault !== undefined) model.addFault({ operation, fault, times: 1 });
    const answer = send(command);
    // A call that was refused at the door has met no fault; the next one is not to meet it.
    if (fault !== undefined) model.clearFaults();
    return answer;
  });
}

/** Sends a notification as this process. `accept` is the chat; its answer may be lost. */
export function sendToChat(
  process: SimulatedProcess,
  body: NotificationBody,
  accept: (body: NotificationBody) => Delivery,
): Promise<Delivery> {
  return process.effect('send', 'send', body.status, async (fate) => {
    if (fate === 'refused') return { kind: 'refused', why: '400' };
    if (fate === 'lost-before') return { kind: 'unreachable', why: 'no connection' };
    const delivery = accept(body);
    return fate === 'lost-after' ? { kind: 'unreachable', why: 'no answer' } : delivery;
  });
}
