// Everything a decision about one assignment may know, read in an order that makes it sound: the ledger row first, then
// its requests and the hold, then verdicts, and the list last. A list that is begun after the row was read is begun
// after every verdict in it: that is what makes it a fresh list, with no clock involved.

import type { Assignment } from './assignment.ts';
import { entryStanding, type Standing } from './entry-standing.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { PrincipalHold } from './principal-hold.ts';
import { assignmentIdOf, type RequestRow } from './request.ts';

/** What Describe says of an operation. `unknown`: the question itself failed, and says nothing. */
export type OperationVerdict =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly as: 'absent' | 'later' | 'refused'; readonly message: string }
  | { readonly kind: 'not found' }
  | { readonly kind: 'unknown'; readonly why: string };

export type AssignmentView = {
  /** As read, strongly consistently; an empty one where there is no row. */
  readonly ledger: Ledger;
  /** The rows of the ledger's entries that exist, read after the ledger. */
  readonly requests: ReadonlyMap<string, RequestRow>;
  readonly hold: PrincipalHold | undefined;
  /** Why what is beside the ledger could not be read. Nothing is given, and nothing inferred, on half a view. */
  readonly unread?: Unread;
  /** What the audit says of requests that the ledger should have an entry for and has none, by request id. */
  readonly audited?: ReadonlyMap<string, Entry>;
  /** Requests whose row names this assignment, and that were approved for another, by the audit. */
  readonly elsewhere?: ReadonlyMap<string, Assignment>;
  /** What was looked at in AWS. What is absent was not looked at. */
  readonly live: {
    readonly list?: 'present' | 'absent' | { readonly unreadable: string };
    /** Groups that hold the same permission set in the account, by the same list. */
    readonly groups?: readonly string[];
    readonly verdict?: OperationVerdict;
    readonly unresolved?: ReadonlyMap<string, OperationVerdict>;
  };
  /** Why what is granted and in no list may not be taken for missing: much else is in none either. */
  readonly sightLost?: string;
  /** An old request that explains live access without a ledger entry: it is never removed without a release. */
  readonly explainedBy?: string;
  /** True in the first sweep under this scope: what it finds waits for a release. */
  readonly firstSweep?: boolean;
  /** How long sessions of the permission set may last, milliseconds. */
  readonly sessionMs: number;
  /** The steps that could not be written lately, by `stepOf`: they are left for later, and hold up nothing else. */
  readonly putOff?: ReadonlySet<string>;
  /**
   * The clock that the plan is made by is known to be wrong: nothing is ended by it. `nowMs` is AWS's time then, as far as
   * it can be told: good enough to write down, and not to take access away by.
   */
  readonly clockIsWrong?: boolean;
  /** In [0, 1): spreads what is tried again. */
  readonly jitter: number;
};

/** The causes, where a read failed: the rows of the requests, the word on the person, the audit, what may explain it. */
export type Unread = {
  readonly requests?: string;
  readonly hold?: string;
  readonly audit?: string;
  readonly explained?: string;
};

/** What the entries of a view say, by request id, sorted. */
export type Standings = {
  readonly waiting: readonly string[];
  readonly granted: readonly string[];
  /** waiting and granted. */
  readonly wanting: readonly string[];
  readonly ended: readonly string[];
  /** Ended and seen gone; only the record is missing. */
  readonly gone: readonly string[];
  readonly missing: readonly string[];
  readonly unexplained: readonly string[];
  readonly quarantined: readonly string[];
  /** wanting, quarantined and unexplained: who keeps the access when another ends. What cannot be found is not absent. */
  readonly keeping: readonly string[];
};

export type Believed = Pick<AssignmentView, 'ledger' | 'requests' | 'hold' | 'unread' | 'clockIsWrong'>;

export function standingsOf(view: Believed, nowMs: number): Standings {
  const by: Record<Standing, string[]> = {
    wants: [],
    ended: [],
    gone: [],
    missing: [],
    unexplained: [],
    quarantined: [],
  };
  const waiting: string[] = [];
  const granted: string[] = [];
  const keeping: string[] = [];
  const entries = Object.entries(view.ledger.entries).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [id, entry] of entries) {
    const request = view.requests.get(id);
    const standing = standingIn(view, entry, request, nowMs);
    by[standing].push(id);
    if (KEEPING.has(standing)) keeping.push(id);
    if (standing !== 'wants') continue;
    // What is past its end is never granted any more, by whatever clock.
    const mayWait = entry.phase === 'WAITING' && entry.until > nowMs;
    if (mayWait && isApprovedFor(request, view.ledger)) waiting.push(id);
    if (entry.phase === 'GRANTED') granted.push(id);
  }
  const { wants: wanting, ...others } = by;
  return { waiting, granted, wanting, keeping, ...others };
}

const KEEPING: ReadonlySet<Standing> = new Set(['wants', 'quarantined', 'unexplained']);

/** A row that could not be read is not a row that is gone. */
function standingIn(
  { hold, unread, clockIsWrong }: Believed,
  entry: Entry,
  request: RequestRow | undefined,
  nowMs: number,
): Standing {
  const standing = entryStanding(entry, { request, hold, clockIsWrong }, nowMs);
  return standing === 'unexplained' && unread?.requests !== undefined ? 'quarantined' : standing;
}

/** S2: a Create is for a request that is APPROVED for this very assignment, whatever a hand wrote into the ledger. */
function isApprovedFor(request: RequestRow | undefined, { assignment_id }: Ledger): boolean {
  return request?.audited_status === 'APPROVED' && assignmentIdOf(request) === assignment_id;
}
