// Instants in a row of the ledger that no rule writes: a hand, or a clock that was wrong, put them there. Believed, they
// let an ending sleep for years or an access last for ever; so each has a bound, whoever wrote it. Pure.

import type { Entry, Ledger } from './ledger.ts';
import { BACK_OFF_CEILING_MS, type Policy } from './policy.ts';
import { toDueAt } from './timestamp.ts';

/** `MAX_REQUEST_HOURS` can be 168 at the most (docs/configuration.md). */
const LONGEST_GRANT_MS = 168 * 3_600_000;
/** For so long a named person's release is good. */
export const RELEASE_VALID_MS = 3_600_000;

/** Each of them is asked after before an ending is proved: thousands would hold it up for an hour. */
const UNRESOLVED_MAX = 50;

/** Far longer than anything that a rule writes: a row that a hand has filled to DynamoDB's limit takes no claim any more. */
const TEXT_MAX_CHARS = 4_096;

export type SoundLedger = {
  /** The row with every instant within what a rule could have written by now. */
  readonly ledger: Ledger;
  /** What was not, in words; empty where the row is sound. */
  readonly lies: readonly string[];
  /** Requests whose entry would last longer than any grant: their end has to be asked of the audit. */
  readonly tooLong: readonly string[];
};

type Bounds = Pick<Policy, 'skewMs' | 'graceMs' | 'watchMs'>;

export function soundLedger(read: Ledger, nowMs: number, bounds: Bounds): SoundLedger {
  const ledger = withShortTexts(read);
  const latestMs = nowMs + bounds.skewMs;
  const lies: string[] = [];
  const within = boundedBy(lies);
  const past = (name: string, instant: number | undefined) => within(name, instant, latestMs, nowMs);
  const tooLong: string[] = [];
  const entries = Object.entries(ledger.entries).map(([id, entry]): [string, Entry] => {
    const untilMs = within(`entries.${id}.until`, entry.until, latestMs + LONGEST_GRANT_MS);
    if (untilMs !== entry.until) tooLong.push(id);
    return [id, { ...entry, until: untilMs ?? latestMs + LONGEST_GRANT_MS }];
  });
  const sound: Ledger = {
    ...ledger,
    ...pastTries(ledger, past),
    entries: Object.fromEntries(entries),
    sighting: boundedSighting(ledger, latestMs, within, past),
    absent_since: past('absent_since', ledger.absent_since),
    requested: past('requested', ledger.requested),
    deleted: past('deleted', ledger.deleted),
    confirmed_absent: past('confirmed_absent', ledger.confirmed_absent),
    watch_until: within('watch_until', ledger.watch_until, latestMs + bounds.watchMs),
    lost_sight: past('lost_sight', ledger.lost_sight),
    removals: ledger.removals && {
      ...ledger.removals,
      last: past('removals.last', ledger.removals.last) ?? ledger.removals.last,
    },
  };
  if (ledger.unresolved.length > UNRESOLVED_MAX) lies.push('unresolved: more than any ending leaves behind');
  if (ledger !== read) lies.push(`texts longer than ${TEXT_MAX_CHARS} characters`);
  if (isAsleep(sound, nowMs, bounds)) lies.push(`due_at: ${shown(sound.due_at)} lets it sleep for too long`);
  return lies.length === 0
    ? { ledger, lies, tooLong }
    : { ledger: { ...sound, due_at: nowMs }, lies, tooLong };
}

type Within = (
  name: string,
  instant: number | undefined,
  limitMs: number,
  otherwise?: number,
) => number | undefined;
type Past = (name: string, instant: number | undefined) => number | undefined;

/** An instant that is not later than `limitMs`; else `otherwise`, and a line in `lies`. */
function boundedBy(lies: string[]): Within {
  return (name, instant, limitMs, otherwise) => {
    if (instant === undefined || instant <= limitMs) return instant;
    lies.push(`${name}: ${shown(instant)} is later than it can be`);
    return otherwise;
  };
}

/** What was tried, and since when. */
function pastTries(
  ledger: Ledger,
  past: Past,
): Pick<Ledger, 'op' | 'trying_since' | 'last_error' | 'unresolved'> {
  const { op, last_error: error } = ledger;
  return {
    op: op && {
      ...op,
      claimed_at: past('op.claimed_at', op.claimed_at) ?? op.claimed_at,
      not_found_since: past('op.not_found_since', op.not_found_since),
    },
    trying_since: past('trying_since', ledger.trying_since),
    last_error: error && { ...error, at: past('last_error.at', error.at) ?? error.at },
    unresolved: ledger.unresolved.slice(-UNRESOLVED_MAX).map((item) => ({
      ...item,
      since: past('unresolved.since', item.since),
      not_found_since: past('unresolved.not_found_since', item.not_found_since),
    })),
  };
}

function boundedSighting(ledger: Ledger, latestMs: number, within: Within, past: Past): Ledger['sighting'] {
  const { sighting } = ledger;
  if (sighting === undefined) return undefined;
  const { released } = sighting;
  const until = within('sighting.released.until', released?.until, latestMs + RELEASE_VALID_MS);
  return {
    ...sighting,
    first_seen: past('sighting.first_seen', sighting.first_seen) ?? sighting.first_seen,
    released: released === undefined || until === undefined ? undefined : released,
  };
}

/** Whether a row that has something to do is due later than any rule lets it: a back-off or a grace, plus skew. */
function isAsleep(ledger: Ledger, nowMs: number, { skewMs, graceMs }: Bounds): boolean {
  const ends = Object.values(ledger.entries).map(({ until }) => until);
  if (ledger.stage === 'REST' && ends.length === 0) return false;
  const workMs = ledger.stage === 'REST' ? Math.max(nowMs, Math.min(...ends)) : nowMs;
  const dueMs = ledger.due_at ?? Number.POSITIVE_INFINITY;
  return dueMs > workMs + Math.max(BACK_OFF_CEILING_MS, graceMs) + skewMs;
}

function shown(instantMs: number | undefined): string {
  return instantMs === undefined ? 'nothing' : toDueAt(instantMs);
}

/** The same object where nothing is too long. */
function withShortTexts<Value>(value: Value): Value {
  if (typeof value === 'string')
    return (value.length > TEXT_MAX_CHARS ? value.slice(0, TEXT_MAX_CHARS) : value) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const before = Object.entries(value);
  const after = before.map(([name, member]) => [name, withShortTexts(member)] as const);
  if (after.every(([, member], n) => member === before[n]?.[1])) return value;
  return (Array.isArray(value) ? after.map(([, member]) => member) : Object.fromEntries(after)) as Value;
}
