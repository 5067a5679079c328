// What a list of statuses says of an operation that is followed. Pure.

export type OperationKind = 'CREATE' | 'DELETE';

/** `ended`: it runs no longer, and only Describe tells how it ended. */
export type Word = 'running' | 'succeeded' | 'ended';

export type Status = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';

/** The first page of a list. `filtered`: it was asked for what still runs, and not for everything. */
export type StatusPage = {
  readonly statuses: ReadonlyMap<string, Status>;
  readonly filtered: boolean;
  /** Whether there are further pages. */
  readonly isWhole: boolean;
};

/** What is known of an operation: its age when the list was asked for, milliseconds, and the last word on it. */
export type Known = {
  readonly id: string;
  readonly ageMs: number;
  readonly word: Word | undefined;
  /** Describe has said that it runs although a list had left it out: leaving it out says nothing any more. */
  readonly isDoubted: boolean;
};

/** A new operation may not be listed in its first moments. */
const FIRST_MOMENTS_MS = 2_000;

/**
 * Absence proves nothing. In a complete list of what runs it is a reason to ask, where the operation had been listed
 * before or must have been by now.
 */
export function wordOf(known: Known, { statuses, filtered, isWhole }: StatusPage): Word | undefined {
  const status = statuses.get(known.id);
  if (status === 'IN_PROGRESS') return 'running';
  if (status === 'SUCCEEDED') return 'succeeded';
  if (status === 'FAILED') return 'ended';
  const wasListed = known.word === 'running' || known.ageMs >= FIRST_MOMENTS_MS;
  return filtered && isWhole && wasListed && !known.isDoubted ? 'ended' : undefined;
}

/**
 * Whether an unfiltered page helps: undefined where it cannot tell. In which order AWS lists is undocumented; oldest
 * first, the operations of this minute are never on the first page.
 */
export function isHelpful(known: readonly Known[], { statuses }: StatusPage): boolean | undefined {
  const old = known.filter(({ ageMs }) => ageMs >= FIRST_MOMENTS_MS);
  return old.length === 0 ? undefined : old.some(({ id }) => statuses.has(id));
}
