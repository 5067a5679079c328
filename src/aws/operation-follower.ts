// While operations run, one call asks after all of one kind, instead of one call for each. What it learns spares questions
// and tells at once what ended; what it does not learn is asked for with Describe when it is due, as if it were not there.

import type { MonotonicClock, Timer } from '../clock.ts';
import { type CallBudget, CallBudgetClosedError } from './call-budget.ts';
import { type ListStatusesDeps, listStatuses } from './list-statuses.ts';
import { HOLD_MS_MAX } from './operation-holds.ts';
import { isHelpful, type OperationKind, type StatusPage, type Word, wordOf } from './operation-words.ts';

export type FollowedOperation = {
  /** What its slot is known by. A newer operation under the same key takes the place of the older one. */
  readonly key: string;
  readonly kind: OperationKind;
  readonly id: string;
};

export type OperationFollower = {
  follow(operation: FollowedOperation): void;
  /** The newest word on an operation; undefined where there is none that is new enough to go by. */
  wordOn(id: string): Word | undefined;
  /** Describe is asked now: what it says is newer than any word but a success, which stays one. */
  forget(id: string): void;
  /** Nobody waits for it any longer. */
  drop(key: string): void;
  close(): void;
};

export type FollowerOptions = ListStatusesDeps & {
  readonly budget: Pick<CallBudget, 'read' | 'state'>;
  readonly clock: MonotonicClock & Timer;
  /** An operation runs no longer. Must not throw. */
  readonly onEnded: (key: string) => void;
};

/** At most this part of each second's calls is spent on asking, whatever the rate is. */
const SHARE_OF_RATE = 0.35;
/** What has run for long is asked after less often: a pause is at least this part of the youngest one's age. */
const PAUSE_PER_AGE = 0.25;
const PAUSE_MAX_MS = 5_000;
/** A word that it runs is gone by for so many pauses. */
const WORD_PAUSES = 2;
/** After so many pages in a row without any of ours, only what still runs is asked for. */
const USELESS_PAGES_MAX = 3;

type Followed = FollowedOperation & {
  readonly sinceMs: number;
  word?: Word;
  wordMs: number;
  isDoubted: boolean;
};

type Following = FollowerOptions & {
  readonly followed: Map<string, Followed>;
  readonly uselessPages: Record<OperationKind, number>;
  /** On the monotonic clock. */
  readonly askedMs: Record<OperationKind, number>;
  readonly closing: AbortController;
};

export function createOperationFollower(options: FollowerOptions): OperationFollower {
  const { clock } = options;
  const followed = new Map<string, Followed>();
  const following: Following = {
    ...options,
    followed,
    uselessPages: { CREATE: 0, DELETE: 0 },
    askedMs: { CREATE: 0, DELETE: 0 },
    closing: new AbortController(),
  };
  const byId = (id: string) => [...followed.values()].find((each) => each.id === id);
  const begin = whileNotRunning(() => askOn(following));
  return {
    follow(operation) {
      const nowMs = clock.elapsedMs();
      followed.set(operation.key, { ...operation, sinceMs: nowMs, wordMs: nowMs, isDoubted: false });
      if (!following.closing.signal.aborted) begin();
    },
    wordOn(id) {
      const each = byId(id);
      if (each?.word !== 'running') return each?.word;
      return clock.elapsedMs() - each.wordMs <= WORD_PAUSES * pauseMs(following) ? 'running' : undefined;
    },
    forget(id) {
      const each = byId(id);
      if (each === undefined || each.word === 'succeeded') return;
      each.isDoubted ||= each.word === 'ended';
      delete each.word;
    },
    drop: (key) => void followed.delete(key),
    close: () => following.closing.abort(),
  };
}

/** A budget that was closed meanwhile ends it, and nothing is lost: the rows say what is to be asked after. */
function whileNotRunning(run: () => Promise<void>): () => void {
  let isRunning = false;
  return () => {
    if (isRunning) return;
    isRunning = true;
    void run()
      .catch((error: unknown) => {
        if (!(error instanceof CallBudgetClosedError)) throw error;
      })
      .finally(() => {
        isRunning = false;
      });
  };
}

async function askOn(following: Following): Promise<void> {
  const { followed, clock, closing } = following;
  while (followed.size > 0 && !closing.signal.aborted) {
    await clock.sleep(pauseMs(following), closing.signal);
    for (const [key, { sinceMs }] of followed)
      if (clock.elapsedMs() - sinceMs > HOLD_MS_MAX) followed.delete(key);
    const kind = kindToAsk(following);
    if (kind !== undefined && !closing.signal.aborted) await ask(following, kind);
  }
}

async function ask(following: Following, kind: OperationKind): Promise<void> {
  const { followed, uselessPages, clock } = following;
  const asked = [...followed.values()].filter((each) => each.kind === kind);
  const askedMs = clock.elapsedMs();
  following.askedMs[kind] = askedMs;
  const filtered = uselessPages[kind] >= USELESS_PAGES_MAX;
  const page = await listStatuses(following, { kind, filtered });
  if (page === undefined) return;
  const helpful = isHelpful(
    asked.map((each) => knownOf(each, askedMs)),
    page,
  );
  if (!filtered && helpful !== undefined) uselessPages[kind] = helpful ? 0 : uselessPages[kind] + 1;
  for (const each of asked) hear(following, each, { page, askedMs });
}

function hear(
  { clock, onEnded }: Following,
  each: Followed,
  { page, askedMs }: { readonly page: StatusPage; readonly askedMs: number },
): void {
  const word = wordOf(knownOf(each, askedMs), page);
  if (word === undefined) return;
  const isNews = word !== 'running' && each.word !== word;
  each.word = word;
  each.wordMs = clock.elapsedMs();
  if (isNews) onEnded(each.key);
}

function knownOf({ id, sinceMs, word, isDoubted }: Followed, askedMs: number) {
  return { id, ageMs: askedMs - sinceMs, word, isDoubted };
}

/** The kind that has waited longest in sum: where most run, most end. */
function kindToAsk({ followed, askedMs, clock }: Following): OperationKind | undefined {
  const waitedMs = { CREATE: 0, DELETE: 0 };
  for (const { kind } of followed.values()) waitedMs[kind] += clock.elapsedMs() - askedMs[kind];
  if (followed.size === 0) return undefined;
  return waitedMs.DELETE >= waitedMs.CREATE ? 'DELETE' : 'CREATE';
}

function pauseMs(following: Following): number {
  const { followed, budget, clock } = following;
  const youngestMs = Math.max(...[...followed.values()].map(({ sinceMs }) => sinceMs));
  const pacedMs = 1000 / (budget.state().ratePerSecond * SHARE_OF_RATE);
  return Math.min(PAUSE_MAX_MS, Math.max(pacedMs, (clock.elapsedMs() - youngestMs) * PAUSE_PER_AGE));
}
