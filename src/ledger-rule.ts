// The form of one row of the ledger's state table, and the parts that rows share.

import { contestedUntil, isContested } from './contested.ts';
import { endingOfEntry } from './entry-standing.ts';
import type { Entry, Failure, Ledger, Stage } from './ledger.ts';
import type { Facts } from './ledger-facts.ts';
import { backOffMs, followMs } from './policy.ts';
import type { Priority } from './priority.ts';
import { observeRequest } from './request-changes.ts';
import { stepOf } from './step-of.ts';
import type { Write } from './store.ts';

/** What a rule wants: the ledger's next row with everything that belongs in its transaction, then one call or none. */
export type Transition = {
  readonly next: Ledger;
  /** Beside the ledger's own write. */
  readonly writes: readonly Write[];
  readonly call?: 'CREATE' | 'DELETE';
  readonly priority: Priority;
  readonly reason: string;
  readonly requestIds: readonly string[];
  /** An ending that nobody stated: it goes through the guard. */
  readonly inferred?: true;
  /** The row has nothing left to say and is dropped. */
  readonly drop?: true;
  readonly measured?: Measured;
  /** The ledger's next row where nothing can be written beside it: an ending goes on all the same. */
  readonly alone?: Ledger;
};

/** How long something took that this step completes, for those who count. Milliseconds. */
export type Measured = {
  readonly what: 'grant' | 'revoked' | 'expired' | 'error' | 'orphaned';
  readonly durationMs: number;
};

export type Rule = {
  readonly name: string;
  readonly stage: Stage;
  /** The event and the next stage, in words. */
  readonly event: string;
  readonly next: string;
  /** A step of an ending, which goes before what the requests' own rows ask. */
  readonly ending?: true;
  /** Undefined where the event has not happened. */
  readonly apply: (facts: Facts) => Transition | undefined;
};

/** So many requests fit one transaction with their events and notifications; the others follow in the next. */
export const REQUESTS_PER_TRANSACTION = 20;

export function withPhase(
  ledger: Ledger,
  ids: readonly string[],
  phase: Entry['phase'],
): Readonly<Record<string, Entry>> {
  return Object.fromEntries(
    Object.entries(ledger.entries).map(([id, entry]) => [id, ids.includes(id) ? { ...entry, phase } : entry]),
  );
}

/** What has ended is claimed as ended, each as what it was by then: nothing takes that back. */
export function withEnded({ view, nowMs }: Facts, ids: readonly string[]): Readonly<Record<string, Entry>> {
  return Object.fromEntries(
    Object.entries(view.ledger.entries).map(([id, entry]) => {
      if (!ids.includes(id) || entry.phase === 'ENDED') return [id, entry];
      const ended = endingOfEntry(entry, { ...view, request: view.requests.get(id) }, nowMs);
      return [id, { ...entry, phase: 'ENDED', ...(ended === undefined ? {} : { ended }) }];
    }),
  );
}

export function withoutEntries(ledger: Ledger, ids: readonly string[]): Readonly<Record<string, Entry>> {
  return Object.fromEntries(Object.entries(ledger.entries).filter(([id]) => !ids.includes(id)));
}

/** A row at rest with nothing under way and no failures to remember. `due_at` is now: the next rule finds what is next. */
export function atRest(ledger: Ledger, nowMs: number): Ledger {
  return {
    ...ledger,
    stage: 'REST',
    op: undefined,
    attempts: 0,
    trying_since: undefined,
    last_error: undefined,
    absent_since: undefined,
    ending: undefined,
    due_at: nowMs,
  };
}

/** When a row at rest must be looked at again; undefined when never. */
export function restDueAt(ledger: Ledger, nowMs: number): number | undefined {
  const ends = Object.values(ledger.entries).map((entry) => entry.until);
  const watch = ledger.watch_until === undefined ? [] : [ledger.watch_until];
  const fights =
    isContested(ledger, nowMs) && ledger.removals !== undefined ? [contestedUntil(ledger.removals)] : [];
  const ahead = [...ends, ...watch, ...fights].filter((instant) => instant > nowMs);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

/** A try that failed: it is remembered, and tried again after the back-off. */
export function backedOff(facts: Facts, failure: Pick<Failure, 'kind' | 'message'>): Ledger {
  const { ledger, jitter } = facts.view;
  const attempts = ledger.attempts + 1;
  return {
    ...ledger,
    op:
      ledger.op === undefined
        ? undefined
        : { ...ledger.op, id: undefined, not_found_since: undefined, looks: 0 },
    attempts,
    trying_since: ledger.trying_since ?? facts.nowMs,
    last_error: { kind: failure.kind, message: failure.message, at: facts.nowMs },
    due_at: facts.nowMs + backOffMs(attempts, jitter, { refused: failure.kind === 'refused' }),
  };
}

/** No news: look again later, remembering since when AWS does not know the operation and since when it is not listed. */
export function lookAgain(facts: Facts): Ledger {
  const { ledger, live } = facts.view;
  const { op } = ledger;
  const notFound = live.verdict?.kind === 'not found';
  return {
    ...ledger,
    op:
      op === undefined
        ? undefined
        : {
            ...op,
            looks: op.looks + 1,
            not_found_since: notFound ? (op.not_found_since ?? facts.nowMs) : undefined,
          },
    absent_since: absentSince(facts),
    due_at: facts.nowMs + followMs(op?.looks ?? 0),
  };
}

/** The first fresh list without it since one that showed it. */
export function absentSince(facts: Facts): number | undefined {
  if (facts.present) return undefined;
  const before = facts.view.ledger.absent_since;
  return facts.absent ? (before ?? facts.nowMs) : before;
}

/** Checks, in the transaction of a claim, that the requests are as they were read, and says what is being done. */
export function observeAll(
  facts: Facts,
  ids: readonly string[],
  status: 'CREATING' | 'REMOVING' | 'STUCK',
): readonly Write[] {
  return ids.slice(0, REQUESTS_PER_TRANSACTION).flatMap((id) => {
    const request = facts.view.requests.get(id);
    return request === undefined ? [] : [observeRequest(request, status, facts.nowMs)];
  });
}

/**
 * Those of `ids` that the next transaction is to record: as many as it takes, and one by one where they could not be
 * written together. Where none can be written now it is the batch, which is then put off as a whole.
 */
export function recordable(
  { view }: Facts,
  rule: string,
  ids: readonly string[],
  max = REQUESTS_PER_TRANSACTION,
): readonly string[] {
  const isPutOff = (some: readonly string[]) => view.putOff?.has(stepOf(rule, some)) === true;
  const batch = ids.slice(0, max);
  if (batch.length === 0 || !isPutOff(batch)) return batch;
  return ids.map((id) => [id]).find((one) => !isPutOff(one)) ?? batch;
}
