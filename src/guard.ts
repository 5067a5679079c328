// What stands between an ending that nobody stated and AWS. Losing the tables must never look like everybody's access
// having ended: stated endings pass, inferred ones pass together, when a sweep is complete, or wait for a named person.

import { type Brake, recentRemovals } from './brake.ts';
import type { WithheldItem, WithheldReason } from './drift.ts';
import type { Inference } from './plan.ts';
import { toDueAt } from './timestamp.ts';

export type BrakeLimits = {
  /** So many inferred endings in 24 hours are never too many. */
  readonly count: number;
  /** Nor is this share of the live managed assignments. */
  readonly share: number;
};

/** What a sweep that has just completed saw. */
export type SweepFacts = {
  /** False in the first sweep under this scope, before the back-fill, and in one that another process began. */
  readonly mayInfer: boolean;
  /** When it began. What was sighted since waits for the next: this one saw only a part of the loss that may be behind it. */
  readonly startedMs: number;
  readonly liveManaged: number;
  /** All unexplained assignments that are not held, also those that have been seen only once yet. */
  readonly unexplained: number;
  /** Requests named in ledger rows, and how many of these were found in the table of requests. */
  readonly requestsNamed: number;
  readonly requestsFound: number;
  /** Pairs that could not be read: what is withheld may lie in them. */
  readonly unreadPairs: number;
};

export type GuardInput = {
  readonly inferences: readonly Inference[];
  readonly sweep: SweepFacts;
  readonly brake: Brake;
  readonly limits: BrakeLimits;
  readonly nowMs: number;
  /** Sightings are so long apart by a clock that nobody should believe. */
  readonly clockIsWrong?: boolean;
};

export type Guarded = {
  /** The assignments whose inferred ending may be claimed now. */
  readonly allowed: readonly string[];
  readonly withheld: readonly WithheldItem[];
  /** What becomes of the brake. */
  readonly brake:
    | { readonly kind: 'as it is' }
    | { readonly kind: 'trips'; readonly reason: string }
    | { readonly kind: 'clears' };
};

export function guard(input: GuardInput): Guarded {
  const held = input.inferences.filter(({ view }) => view.ledger.sighting?.held !== undefined);
  const eligible = input.inferences.filter(({ view }) => view.ledger.sighting?.held === undefined);
  const heldItems = held.map((inference) =>
    withheld(inference, inference.view.ledger.sighting?.held ?? 'first sweep'),
  );
  const wait = (reason: WithheldReason): Guarded => {
    const waiting = eligible.map((inference) => withheld(inference, reason));
    return { allowed: [], withheld: [...heldItems, ...waiting], brake: { kind: 'as it is' } };
  };
  if (input.clockIsWrong === true) return wait('wrong clock');
  if (!input.sweep.mayInfer) {
    return wait('incomplete view');
  }
  const stays = input.brake.tripped && eligible.length > 0 ? (input.brake.reason ?? 'tripped') : undefined;
  const why = stays ?? tooMuch(input, Math.max(eligible.length, input.sweep.unexplained));
  if (why !== undefined) {
    return {
      allowed: [],
      withheld: [...heldItems, ...eligible.map((inference) => withheld(inference, 'brake'))],
      brake: input.brake.tripped ? { kind: 'as it is' } : { kind: 'trips', reason: why },
    };
  }
  const wasSightedBefore = ({ view }: Inference) =>
    (view.ledger.sighting?.first_seen ?? input.nowMs) < input.sweep.startedMs;
  const waiting = eligible.filter((inference) => !wasSightedBefore(inference));
  return {
    allowed: eligible.filter(wasSightedBefore).map(({ change }) => change.assignmentId),
    withheld: [...heldItems, ...waiting.map((inference) => withheld(inference, 'incomplete view'))],
    brake: mayClear(input) ? { kind: 'clears' } : { kind: 'as it is' },
  };
}

/**
 * Nothing is unexplained any more, as far as everything could be seen: what was only just sighted would otherwise go by
 * itself a moment later. A row that cannot be read is for a person.
 */
function mayClear({ brake, sweep }: GuardInput): boolean {
  return brake.tripped && brake.unreadable !== true && sweep.unreadPairs + sweep.unexplained === 0;
}

/** Why this is more than can be believed; undefined when it is not. */
function tooMuch({ sweep, brake, limits, nowMs }: GuardInput, pending: number): string | undefined {
  if (sweep.requestsNamed > 0 && sweep.requestsFound === 0) {
    return 'not one request that the ledger names can be found: the table of requests has been lost, not the access';
  }
  if (pending === 0) return undefined;
  const recent = recentRemovals(brake, nowMs).length;
  const limit = Math.max(limits.count, Math.floor(limits.share * sweep.liveManaged));
  if (pending + recent <= limit) return undefined;
  return `${pending} unexplained assignments and ${recent} removed in 24 hours are more than ${limit}`;
}

const DETAILS: Readonly<Record<WithheldReason, string>> = {
  brake: 'the brake has tripped: a named person releases what may go',
  'first sweep': 'found by the first sweep under this scope: it goes when a named person releases it',
  'previous system': 'a request of the previous system explains it: it goes when a named person releases it',
  'incomplete view': 'it waits until a whole sweep has been completed',
  'wrong clock': "it waits until the leader's clock is right, or another process leads",
};

function withheld({ view }: Inference, reason: WithheldReason): WithheldItem {
  const { assignment, assignment_id, sighting } = view.ledger;
  return {
    assignment_id,
    account_id: assignment.accountId,
    permission_set_arn: assignment.permissionSetArn,
    principal_id: assignment.principalId,
    reason,
    first_seen: toDueAt(sighting?.first_seen ?? 0),
    ...(sighting?.explained_by === undefined ? {} : { explained_by: sighting.explained_by }),
    detail: DETAILS[reason],
  };
}
