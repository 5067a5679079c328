// What a hand leaves in an attribute, as plain data: values of every type that DynamoDB knows, and plausible lies, which
// are made of what is there. What it comes to is known when it is typed.

import { typedNumber } from '../model-row.ts';
import { ADMIN, ANA, BEN, CLEO, DEV, DORA, PROD, READ_ONLY, STAGING } from '../world.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export type Lie =
  | { readonly is: 'removed' }
  | { readonly is: 'value'; readonly value: Json }
  | { readonly is: 'binary'; readonly bytes: number }
  | { readonly is: 'strings'; readonly members: readonly string[] }
  | { readonly is: 'numbers'; readonly members: readonly string[] }
  /** A number that no double holds, or may not: by its digits. */
  | { readonly is: 'number'; readonly digits: string }
  /** A string of so many kilobytes. */
  | { readonly is: 'long'; readonly kilobytes: number }
  /** An instant so far from the one that is there; from now where none is there. */
  | { readonly is: 'shifted'; readonly byMs: number }
  /** A number so far from the one that is there. */
  | { readonly is: 'counted'; readonly by: number }
  /** The same word in other letters. */
  | { readonly is: 'letters'; readonly how: 'lower' | 'upper' | 'space' | 'capital' }
  /** Another account, person and permission set, where ids are named. */
  | { readonly is: 'swapped' }
  /** What another row has in this place; the number chooses which. */
  | { readonly is: 'borrowed'; readonly from: number }
  /** What is there, wrapped in a list, in a map, or in a string. */
  | { readonly is: 'wrapped'; readonly as: 'list' | 'map' | 'text' };

export type LieContext = {
  /** What is there; undefined where nothing is. */
  readonly present: unknown;
  /** What other rows have in this place. */
  readonly elsewhere: readonly unknown[];
  readonly nowMs: number;
};

const SECOND = 1_000;
const HOUR = 3_600_000;
/** A bit off, far off, and farther than anything lasts. */
const SHIFTS_MS = [-40 * SECOND, -SECOND, SECOND, 40 * SECOND, 10 * 60 * SECOND, HOUR, 6 * HOUR, -6 * HOUR];
const FAR_INSTANTS = ['2099-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z', '2026-01-15T14:00:00+09:00'];
const STATUSES = ['REVOKED', 'revoked', 'GRANTED', 'APPROVED', 'EXPIRED', 'DENIED', 'ERROR', 'PENDING'];
const STAGES = ['REST', 'CREATING', 'CREATED', 'DELETING', 'DELETED'];
const PHASES = ['WAITING', 'GRANTED', 'MISSING', 'ENDED'];
const WORDS = [...STATUSES, 'REST'];
const NUMBERS = [0, -1, 1, 0.1, -1.5, 3.000000000000001, 1e15, 2.5e-7, 9_007_199_254_740_991];
const DIGITS = ['3.0000000000000000001', '1.5e40', '12345678901234567890', '-12345678901234567890123'];
const PEOPLE = [ANA, BEN, CLEO, DORA].map(({ id }) => id);
const ACCOUNTS: readonly string[] = [DEV, STAGING, PROD];
const SETS: readonly string[] = [ADMIN, READ_ONLY];

export function drawLie(random: () => number): Lie {
  const one = <T>(items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0];
  const any = <T>(items: readonly T[], otherwise: T): T =>
    items[Math.floor(random() * items.length)] ?? otherwise;
  const exotic = (): Lie =>
    one<Lie>([
      { is: 'value', value: null },
      { is: 'value', value: '' },
      { is: 'value', value: [] },
      { is: 'value', value: {} },
      { is: 'value', value: one([true, false]) },
      { is: 'value', value: any(NUMBERS, 0) },
      { is: 'value', value: any(WORDS, 'REVOKED') },
      { is: 'value', value: [['x', { y: [1e15, null] }]] },
      { is: 'binary', bytes: one([0, 16]) },
      { is: 'strings', members: one([['REVOKED'], ['a', 'b']]) },
      { is: 'numbers', members: one([['1'], ['0', '-1.5', '1.5e40']]) },
      { is: 'number', digits: any(DIGITS, '1.5e40') },
      { is: 'number', digits: any(DIGITS, '1.5e40') },
      { is: 'long', kilobytes: one([3, 100]) },
      { is: 'wrapped', as: one(['list', 'map', 'text']) },
    ]);
  const plausible = (): Lie =>
    one<Lie>([
      { is: 'shifted', byMs: any(SHIFTS_MS, SECOND) },
      { is: 'shifted', byMs: any(SHIFTS_MS, HOUR) },
      { is: 'value', value: any(FAR_INSTANTS, '2099-01-01T00:00:00Z') },
      { is: 'counted', by: one([1, -1, 1_000]) },
      { is: 'letters', how: one(['lower', 'upper', 'space', 'capital']) },
      { is: 'swapped' },
      { is: 'swapped' },
      { is: 'borrowed', from: Math.floor(random() * 4) },
    ]);
  const kind = random();
  if (kind < 0.15) return { is: 'removed' };
  return kind < 0.6 ? plausible() : exotic();
}

/** The value that it comes to; undefined where the attribute goes. */
export function told(lie: Lie, context: LieContext): unknown {
  const { present, elsewhere, nowMs } = context;
  switch (lie.is) {
    case 'removed':
      return undefined;
    case 'value':
      return lie.value;
    case 'binary':
      return new Uint8Array(lie.bytes).fill(7);
    case 'strings':
      return new Set(lie.members);
    case 'numbers':
      return new Set(lie.members.map(typedNumber));
    case 'number':
      return typedNumber(lie.digits);
    case 'long':
      return 'x'.repeat(lie.kilobytes * 1024);
    case 'shifted':
      return new Date((instantOf(present) ?? nowMs) + lie.byMs).toISOString();
    case 'counted':
      return (typeof present === 'number' ? present : 0) + lie.by;
    case 'letters':
      return inOtherLetters(typeof present === 'string' ? present : 'REVOKED', lie.how);
    case 'swapped':
      return swapped(present);
    case 'borrowed':
      return elsewhere.length === 0 ? swapped(present) : elsewhere[lie.from % elsewhere.length];
    case 'wrapped':
      return wrapped(present ?? 'nothing', lie.as);
  }
}

function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-/.test(value)) return undefined;
  const instantMs = Date.parse(value);
  return Number.isNaN(instantMs) ? undefined : instantMs;
}

function inOtherLetters(word: string, how: 'lower' | 'upper' | 'space' | 'capital'): string {
  if (how === 'lower') return word.toLowerCase();
  if (how === 'upper') return word.toUpperCase();
  return how === 'space' ? `${word} ` : word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** Whoever and whatever is named becomes the next one; a switch is turned; other things become each other's opposite. */
function swapped(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return -value;
  if (Array.isArray(value)) return [...value, ...value];
  if (typeof value !== 'string') return value ?? 'nothing';
  const next = [ACCOUNTS, PEOPLE, SETS].reduce(withNext, value);
  if (next !== value) return next;
  const words = [STAGES, PHASES].find((each) => each.includes(value));
  return words === undefined
    ? WORDS[value.length % WORDS.length]
    : words[(words.indexOf(value) + 1) % words.length];
}

function withNext(text: string, names: readonly string[]): string {
  const found = names.findIndex((name) => text.includes(name));
  if (found < 0) return text;
  return text.replace(names[found] ?? '', names[(found + 1) % names.length] ?? '');
}

function wrapped(value: unknown, as: 'list' | 'map' | 'text'): unknown {
  if (as === 'list') return [value];
  return as === 'map' ? { value } : JSON.stringify(value);
}
