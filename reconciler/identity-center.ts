// What the reconciler asks of Identity Center. The reader cannot write, so a preview built on it alone changes nothing.
// Every answer is a value: what AWS says no to is news for the plan, not an exception.

import type { Assignment } from '../src/assignment.ts';
import type { OperationVerdict } from '../src/assignment-view.ts';
import type { Failure } from '../src/ledger.ts';
import type { Priority } from '../src/priority.ts';

export type Pair = { readonly accountId: string; readonly permissionSetArn: string };

export type LivePrincipal = { readonly principalType: 'USER' | 'GROUP'; readonly principalId: string };

/**
 * Who holds a permission set in an account. `unreadable` says nothing about access: it holds up only this pair.
 * A permission set that is gone is an empty list only where the list of all permission sets answers without it.
 */
export type PairList =
  | { readonly kind: 'listed'; readonly principals: readonly LivePrincipal[] }
  | { readonly kind: 'unreadable'; readonly why: string };

export type AccountList =
  | {
      readonly kind: 'listed';
      readonly accountIds: readonly string[];
      /** Proven: AWS does not know the permission set. */
      readonly isGone?: boolean;
    }
  | { readonly kind: 'unreadable'; readonly why: string };

export type LiveReader = {
  /** Begun after it was asked for; questions for the same pair that have not begun yet share one answer. */
  listPair(pair: Pair, priority: Priority): Promise<PairList>;
  describeOperation(kind: 'CREATE' | 'DELETE', id: string, priority: Priority): Promise<OperationVerdict>;
  /** Whether an operation is known to run no longer: it is worth asking after before it is due. */
  hasEnded(operationId: string): boolean;
  /** The accounts in which a permission set is provisioned. */
  listAccounts(permissionSetArn: string, priority: Priority): Promise<AccountList>;
  /** The pairs in which a user holds something, where AWS tells (management account only). */
  listPairsOfPrincipal(
    principalId: string,
    priority: Priority,
  ): Promise<
    | { readonly kind: 'listed'; readonly pairs: readonly Pair[] }
    | { readonly kind: 'unreadable'; readonly why: string }
  >;
  /** How long a session of a permission set lasts at the most, milliseconds; AWS's maximum of 12 hours where it cannot be read. */
  sessionDurationMs(permissionSetArn: string, priority: Priority): Promise<number>;
};

/** `accepted` proves nothing yet: the operation runs on under `id`. */
export type CallOutcome =
  | { readonly kind: 'accepted'; readonly id: string }
  | {
      readonly kind: 'failed';
      readonly failure: Pick<Failure, 'kind' | 'message'>;
      /** AWS asked for less: fewer calls a second, or fewer operations at a time. To be handed on to `operate`. */
      readonly throttled?: 'rate' | 'outstanding';
    };

export type LiveWriter = {
  createAssignment(assignment: Assignment): Promise<CallOutcome>;
  deleteAssignment(assignment: Assignment): Promise<CallOutcome>;
};

/** The one door to AWS's 20 calls a second and 15 operations at a time. */
export type OperationSlots = {
  /**
   * Waits for a call, an operation slot and the account, then runs `attempt`. The slot and the account stay taken while
   * the operation it started runs: until `finish(key)`, or two minutes. `attempt` answers whether it started one, with
   * `called: false` where AWS was not called at all (then the call is given back), and with what AWS throttled.
   */
  operate<
    T extends {
      readonly started: boolean;
      readonly called?: boolean | undefined;
      readonly throttled?: 'rate' | 'outstanding' | undefined;
    },
  >(
    operation: { readonly key: string; readonly accountId: string; readonly priority: Priority },
    attempt: () => Promise<T>,
  ): Promise<T>;
  /** A verdict came: slot and account are free again. */
  finish(key: string): void;
  /** An operation found in the ledger that another process started. */
  adopt(operation: { readonly key: string; readonly accountId: string; readonly startedAgoMs: number }): void;
  /** What waits under this key goes as if it had been asked for with this priority, if that is earlier. */
  raise(key: string, priority: Priority): void;
};
