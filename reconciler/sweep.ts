// Looks at everything: the managed permission sets in the accounts where they are provisioned, and the pairs that the
// ledger knows. It runs at a share of the call budget, goes on after a restart, says what it could not read, and only
// when it is complete hands on the endings that nobody stated.

import { type Assignment, assignmentId, pairId } from '../src/assignment.ts';
import type { WallClock } from '../src/clock.ts';
import type { DriftItem } from '../src/drift.ts';
import type { SweepFacts } from '../src/guard.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import type { Log } from '../src/log.ts';
import { isManagedAccount, scopeFingerprint } from '../src/managed-scope.ts';
import type { Inference } from '../src/plan.ts';
import type { Policy } from '../src/policy.ts';
import type { UnreadPair } from '../src/published-state.ts';
import { type Store, type StoreReader, scanAll } from '../src/store.ts';
import type { SweepFindings } from '../src/sweep-findings.ts';
import {
  newSweep,
  parseSweepRow,
  SWEEP_DONE,
  SWEEP_KEY,
  type SweepProgress,
  sweepWrite,
} from '../src/sweep-progress.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import type { Converged } from './converge-assignment.ts';
import { createGrantedRequests } from './granted-requests.ts';
import type { HotRounds } from './hot-rounds.ts';
import type { AccountList, LiveReader, Pair } from './identity-center.ts';
import { isUnexplained, lookAtHotPair } from './look-at-hot-pair.ts';
import { readPair } from './read-pair.ts';

export type SweepDeps = SweepReads & { readonly store: Store };

/** What a sweep needs to look, without a writer. */
export type SweepReads = {
  readonly store: StoreReader;
  readonly live: LiveReader;
  readonly clock: WallClock;
  readonly policy: Policy;
  /** A closer look at one assignment. */
  readonly look: (
    assignment: Assignment,
    options: { readonly firstSweep: boolean; readonly requestIds: readonly string[] },
  ) => Promise<Converged | undefined>;
  /** The scope under which a sweep was last completed. */
  readonly completedFingerprint: () => Promise<string | undefined>;
  /** What to list more often in a sweep that takes long; nothing where it is absent. */
  readonly hot?: HotRounds;
  readonly mayAct: () => boolean;
  /** Told of each managed permission set whose accounts cannot be listed, as soon as a sweep meets it. */
  readonly onUnreadSet: (unread: UnreadPair) => void;
  readonly log: Log;
};

export type SweepResult = {
  readonly progress: SweepProgress;
  readonly finishedMs: number;
  readonly foreign: readonly DriftItem[];
  readonly inferences: readonly Inference[];
  /** All unexplained assignments that are not held for a release, also those seen for the first time. */
  readonly unexplained: number;
  /** Whether the scope was swept before: what its first sweep finds waits for a release. */
  readonly mayInfer: boolean;
};

/** It may have been mistyped: then nothing at all is watched that should be. */
const UNKNOWN_SET =
  'AWS does not know this permission set: it was deleted, or MANAGED_PERMISSION_SET_ARNS has it wrong';

const LOOK_FAILED = 'an assignment could not be looked at: the log says why';

/** How often the place is written down: a restart repeats at most so many pairs. */
const PAIRS_PER_NOTE = 25;
// A closer look at an assignment may wait long for its turn; the sweep need not wait for each one by itself.
const PAIRS_AT_ONCE = 4;

/** Where a sweep notes how far it has come. */
export type SweepNotes = {
  read(): Promise<SweepProgress | undefined>;
  write(progress: SweepProgress): Promise<void>;
  clear(): Promise<void>;
};

/** One whole sweep, or undefined when it was interrupted: by losing the lease, or by stopping. */
export function sweep(deps: SweepDeps): Promise<SweepResult | undefined> {
  return sweepNoting(deps, notesInControl(deps.store));
}

function notesInControl(store: Store): SweepNotes {
  return {
    read: async () => parseSweepRow(await store.get('control', SWEEP_KEY)),
    write: async (progress) => void (await store.transact([sweepWrite(progress)])),
    clear: async () => void (await store.transact([SWEEP_DONE])),
  };
}

/** The same for whoever may not write: where it has come to is noted as `notes` can. */
export async function sweepNoting(deps: SweepReads, notes: SweepNotes): Promise<SweepResult | undefined> {
  const fingerprint = scopeFingerprint(deps.policy.scope);
  const before = await notes.read();
  const resumed =
    before !== undefined && before.fingerprint === fingerprint && isRecent(before, deps.clock.nowMs());
  const firstSweep = (await deps.completedFingerprint()) !== fingerprint;
  const start = resumed ? before : newSweep(fingerprint, toTimestamp(deps.clock.nowMs()));
  const { pairs, unread } = await pairsToSweep(deps);
  const ahead = pairs.filter((pair) => start.after_pair === undefined || pairId(pair) > start.after_pair);
  const seen: Seen = {
    progress: { ...start, unread: mergeUnread(start.unread, unread) },
    foreign: [],
    inferences: [],
    looked: new Set(),
    unexplained: new Set(),
    grantedRequests: createGrantedRequests(deps.store),
  };
  // Nothing may be inferred from a first sweep: it goes as fast as it can.
  const hot = firstSweep ? undefined : deps.hot;
  hot?.beginSweep(pairs.length);
  for (let i = 0, noted = 0; i < ahead.length; ) {
    const hotPair = await hot?.next();
    const batch = ahead.slice(i, i + (hotPair === undefined ? PAIRS_AT_ONCE : PAIRS_AT_ONCE - 1));
    await Promise.all([
      ...batch.map((pair) => sweepPair(deps, pair, seen, firstSweep)),
      ...(hotPair === undefined ? [] : [lookOutOfTurn(deps, hotPair, seen)]),
    ]);
    // What was broken off by our own end has not been swept: the next leader does it again.
    if (!deps.mayAct()) return undefined;
    i += batch.length;
    const last = batch.at(-1);
    if (last !== undefined) seen.progress = { ...seen.progress, after_pair: pairId(last) };
    if (i - noted >= PAIRS_PER_NOTE || noted === 0) {
      noted = i;
      await notes.write({ ...seen.progress, noted_at: toTimestamp(deps.clock.nowMs()) });
    }
  }
  if (resumed) await lookAtSighted(deps, seen, firstSweep);
  await notes.clear();
  const { progress, foreign, inferences } = seen;
  const unexplained = seen.unexplained.size;
  return {
    progress,
    foreign,
    inferences,
    unexplained,
    finishedMs: deps.clock.nowMs(),
    mayInfer: !firstSweep,
  };
}

type Seen = {
  progress: SweepProgress;
  readonly foreign: DriftItem[];
  readonly inferences: Inference[];
  /** The assignments that this process looked at. */
  readonly looked: Set<string>;
  readonly unexplained: Set<string>;
  /** Requests that say they were granted an assignment: the ledger may have lost them. */
  readonly grantedRequests: ReturnType<typeof createGrantedRequests>;
};

/** What a closer look found: an ending that may be inferred, or access that will be one when it is seen again. */
function remember(seen: Seen, pair: Pair, converged: Converged | undefined): void {
  // A look that failed saw nothing: what it was to look at is not known to be explained.
  const why = converged === undefined ? LOOK_FAILED : converged.unreadable;
  if (why !== undefined) addUnread(seen, pair, why);
  if (converged === undefined) return;
  if (converged.inference !== undefined) seen.inferences.push(converged.inference);
  if (isUnexplained(converged)) seen.unexplained.add(converged.assignmentId);
}

/** The brake counts what was sighted out of turn, too: the sweep may have passed that pair before it appeared. */
async function lookOutOfTurn(deps: SweepReads, pair: Pair, seen: Seen): Promise<void> {
  for (const id of await lookAtHotPair(deps, pair)) seen.unexplained.add(id);
}

/**
 * What was sighted in the part of a sweep that another process did is looked at again: inferred endings are judged
 * together, and the brake must count all of them.
 */
async function lookAtSighted(deps: SweepReads, seen: Seen, firstSweep: boolean): Promise<void> {
  for await (const { assignment, assignment_id, sighting, stage } of allLedgers(deps)) {
    if (sighting === undefined || stage !== 'REST' || seen.looked.has(assignment_id)) continue;
    const requestIds = (await seen.grantedRequests(assignment)).get(assignment_id) ?? [];
    remember(seen, assignment, await deps.look(assignment, { firstSweep, requestIds }));
  }
}

/** A sweep that was interrupted for longer begins anew. */
const INTERRUPTED_MAX_MS = 3_600_000;

function isRecent({ started_at, noted_at }: SweepProgress, nowMs: number): boolean {
  const notedMs = parseTimestamp(noted_at ?? started_at);
  return notedMs !== undefined && nowMs - notedMs < INTERRUPTED_MAX_MS;
}

/** Every managed set in every managed account where it is provisioned, and the pairs of the ledger. Sorted. */
async function pairsToSweep(
  deps: SweepReads,
): Promise<{ readonly pairs: readonly Pair[]; readonly unread: readonly UnreadPair[] }> {
  const pairs = new Map<string, Pair>();
  const unread: UnreadPair[] = [];
  for (const permissionSetArn of [...deps.policy.scope.permissionSetArns].sort()) {
    const accounts = await deps.live.listAccounts(permissionSetArn, 'sweep');
    const problem = unreadSet(permissionSetArn, accounts);
    if (problem !== undefined) unread.push(problem);
    if (accounts.kind === 'unreadable') continue;
    for (const accountId of accounts.accountIds) {
      if (isManagedAccount(deps.policy.scope, accountId))
        pairs.set(pairId({ accountId, permissionSetArn }), { accountId, permissionSetArn });
    }
  }
  for (const each of unread) deps.onUnreadSet(each);
  for await (const { assignment } of allLedgers(deps)) {
    const { accountId, permissionSetArn } = assignment;
    pairs.set(pairId(assignment), { accountId, permissionSetArn });
  }
  const sorted = [...pairs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
  return { pairs: sorted, unread };
}

/** A managed set of which nothing is known. Pairs of it that the ledger names are swept all the same. */
function unreadSet(permissionSetArn: string, accounts: AccountList): UnreadPair | undefined {
  const permission_set_arn = permissionSetArn;
  if (accounts.kind === 'unreadable') return { permission_set_arn, why: accounts.why };
  return accounts.isGone === true
    ? { permission_set_arn, why: UNKNOWN_SET, unknown_to_aws: true }
    : undefined;
}

async function* allLedgers({ store, log }: SweepReads): AsyncGenerator<Ledger> {
  for await (const row of scanAll(store, 'assignments')) {
    const ledger = parseLedgerRow(row);
    if (!isMalformedLedger(ledger)) yield ledger;
    else
      log.warn('a row of the ledger cannot be understood', {
        assignment_id: ledger.assignment_id,
        why: ledger.malformed,
      });
  }
}

/** One pair. What goes wrong here holds up this pair only, and is said. */
async function sweepPair(deps: SweepReads, pair: Pair, seen: Seen, firstSweep: boolean): Promise<void> {
  try {
    const list = await deps.live.listPair(pair, 'sweep');
    if (list.kind === 'unreadable') return addUnread(seen, pair, list.why);
    const granted = await seen.grantedRequests(pair);
    const { findings, doubtful } = await readPair(deps, pair, { principals: list.principals, granted });
    for (const assignment of doubtful) seen.looked.add(assignmentId(assignment));
    const looked = await Promise.all(
      doubtful.map((assignment) => {
        const requestIds = granted.get(assignmentId(assignment)) ?? [];
        return deps.look(assignment, { firstSweep, requestIds });
      }),
    );
    seen.foreign.push(...findings.foreign);
    for (const converged of looked) remember(seen, pair, converged);
    seen.progress = counted(seen.progress, findings);
  } catch (error) {
    if (!deps.mayAct()) return;
    deps.log.error('sweeping a pair failed', { pair: pairId(pair), error });
    addUnread(seen, pair, error instanceof Error ? error.message : 'unknown');
  }
}

function counted(progress: SweepProgress, findings: SweepFindings): SweepProgress {
  return {
    ...progress,
    pairs: progress.pairs + 1,
    live: progress.live + findings.liveManaged,
    requests_named: progress.requests_named + findings.requestsNamed,
    requests_found: progress.requests_found + findings.requestsFound,
  };
}

function addUnread(seen: Seen, pair: Pair, why: string): void {
  const item = { permission_set_arn: pair.permissionSetArn, account_id: pair.accountId, why };
  seen.progress = { ...seen.progress, unread: mergeUnread(seen.progress.unread, [item]) };
}

function mergeUnread(a: readonly UnreadPair[], b: readonly UnreadPair[]): UnreadPair[] {
  const key = (pair: UnreadPair) => `${pair.account_id ?? ''}#${pair.permission_set_arn}`;
  return [...new Map([...a, ...b].map((pair) => [key(pair), pair])).values()];
}

/** What the guard judges by. */
export function sweepFacts({ progress, mayInfer, unexplained }: SweepResult): SweepFacts {
  return {
    mayInfer,
    startedMs: parseTimestamp(progress.started_at) ?? 0,
    unexplained,
    liveManaged: progress.live,
    requestsNamed: progress.requests_named,
    requestsFound: progress.requests_found,
    // Nothing that is withheld can lie in a permission set that does not exist.
    unreadPairs: progress.unread.filter(({ unknown_to_aws }) => unknown_to_aws !== true).length,
  };
}
