// By how much this process's wall clock is off, from the `Date` of AWS's answers. Pure: what was answered is handed in, and
// so is what the clocks say. Everything is reckoned against the monotonic clock, which does not jump when somebody sets the
// other: so a jump is known at once, and not only after the next answers.

/** What an answer of AWS says of the time. All of the same wall clock, epoch milliseconds. */
export type DateAnswer = {
  /** Its `Date`, which is cut off to the second (RFC 9110, 6.6.1 and 5.6.7). */
  readonly dateMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
};

/** What the clocks of this process say at one moment. */
export type Reading = { readonly nowMs: number; readonly elapsedMs: number };

/** One answer, as where AWS's time lies against our monotonic clock, milliseconds. */
export type TimeNote = {
  /** Who answered. */
  readonly source: string;
  readonly lowMs: number;
  readonly highMs: number;
  /** On the monotonic clock. */
  readonly notedMs: number;
  /** The wall clock less the monotonic one: it changes when either jumps. */
  readonly baseMs: number;
};

/** AWS's time less our monotonic clock lies between these, by so many answers that agree. */
export type Agreement = { readonly lowMs: number; readonly highMs: number; readonly answers: number };

/** Seconds are cut off, so the true time is up to one later. */
const DATE_RESOLUTION_MS = 1_000;
/** Enough that one odd answer, or a few of one odd machine of AWS's, are outvoted; few enough to follow a clock within seconds. */
const NOTES_PER_SOURCE = 8;
const FORGOTTEN_AFTER_MS = 300_000;
/** So many answers of one source decide; fewer do where two sources say the same. */
const ENOUGH_ANSWERS = 3;
const ENOUGH_SOURCES = 2;
/** Clocks that are set gently stay far below this between two answers. */
const JUMP_MS = 1_000;

/** Undefined where the wall clock was set back while the answer was on its way: then it says nothing. */
export function timeNote(source: string, answer: DateAnswer, now: Reading): TimeNote | undefined {
  const tookMs = answer.receivedMs - answer.sentMs;
  if (!(tookMs >= 0) || !Number.isFinite(answer.dateMs)) return undefined;
  return {
    source,
    lowMs: answer.dateMs - now.elapsedMs,
    highMs: answer.dateMs + DATE_RESOLUTION_MS - (now.elapsedMs - tookMs),
    notedMs: now.elapsedMs,
    baseMs: now.nowMs - now.elapsedMs,
  };
}

/** The notes with one more, the newest last; old ones, and more of one source than are needed, are forgotten. */
export function withNote(notes: readonly TimeNote[], note: TimeNote): readonly TimeNote[] {
  const recent = [...notes, note].filter(({ notedMs }) => note.notedMs - notedMs < FORGOTTEN_AFTER_MS);
  const own = recent.filter(({ source }) => source === note.source);
  const tooMany = new Set(own.slice(0, Math.max(0, own.length - NOTES_PER_SOURCE)));
  return recent.filter((each) => !tooMany.has(each));
}

const NOTED_EVERY_MS = 1_000;

/**
 * Whether a note says only what is known, so soon after another of its source that it need not be kept: the few that are
 * kept then tell of more than one moment, and thousands of answers cost next to nothing.
 */
export function isNothingNew(
  notes: readonly TimeNote[],
  note: TimeNote,
  agreement: Agreement | undefined,
): boolean {
  const last = notes.findLast(({ source }) => source === note.source);
  if (last === undefined || agreement === undefined) return false;
  const isSoon = note.notedMs - last.notedMs < NOTED_EVERY_MS;
  const agrees = note.lowMs <= agreement.highMs && agreement.lowMs <= note.highMs;
  return isSoon && agrees && Math.abs(note.baseMs - last.baseMs) < JUMP_MS;
}

/**
 * What the notes agree on; undefined where they do not. After a jump of a clock of ours those taken since decide by
 * themselves, as soon as they are enough: a paused machine's monotonic clock may have missed the pause.
 */
export function agreementOf(notes: readonly TimeNote[]): Agreement | undefined {
  const newest = notes.at(-1);
  if (newest === undefined) return undefined;
  const sinceJump = notes.filter(({ baseMs }) => Math.abs(baseMs - newest.baseMs) < JUMP_MS);
  return majority(sinceJump) ?? majority(notes);
}

/** More than half of the notes, and enough of them, that have an instant in common. */
function majority(notes: readonly TimeNote[]): Agreement | undefined {
  const agreeing = notes
    .map(({ lowMs }) => notes.filter((note) => note.lowMs <= lowMs && lowMs <= note.highMs))
    .reduce((most, some) => (some.length > most.length ? some : most), []);
  const sources = new Set(agreeing.map(({ source }) => source));
  const isEnough = agreeing.length >= ENOUGH_ANSWERS || sources.size >= ENOUGH_SOURCES;
  if (!isEnough || agreeing.length * 2 <= notes.length) return undefined;
  return {
    lowMs: Math.max(...agreeing.map(({ lowMs }) => lowMs)),
    highMs: Math.min(...agreeing.map(({ highMs }) => highMs)),
    answers: agreeing.length,
  };
}

/** By how much the wall clock is ahead of AWS's at the least, milliseconds; negative where it is behind, 0 where it may be right. */
export function clockOffsetMs(agreement: Agreement, now: Reading): number {
  const baseMs = now.nowMs - now.elapsedMs;
  if (baseMs > agreement.highMs) return baseMs - agreement.highMs;
  return baseMs < agreement.lowMs ? baseMs - agreement.lowMs : 0;
}

/** What is known of the wall clock of this process. */
export type ClockState = {
  /** As `clockOffsetMs`; undefined while too few answers have agreed. */
  readonly offsetMs: number | undefined;
  /** How many answers it stands on. */
  readonly answers: number;
  /** So far off that nothing is ended by it. */
  readonly isWrong: boolean;
  /** Since when it has been wrong, by AWS's time, epoch milliseconds. */
  readonly wrongSinceMs?: number;
};

/** Nothing has answered yet, or nobody listens to what answers say of the time. */
export const UNMEASURED: ClockState = { offsetMs: undefined, answers: 0, isWrong: false };

/** Offsets from here on are alerted on. Below it, with answers exact to the second, hardly anything can be told. */
export const OFFSET_SEEN_MS = 5_000;

/** Beyond so much nothing is ended by the clock: what the configuration allows, and never less than what can be told. */
export function wrongBeyondMs(clockSkewMs: number): number {
  return Math.max(clockSkewMs, OFFSET_SEEN_MS);
}
