// How AWS is at this moment, for the judges of how long something takes.

import type { IdentityCenterModel } from '../../local/identity-center/model.ts';
import type { SeenAssignment } from './seen-assignment.ts';

export type AwsNow = {
  /** It fails operations by chance, or other tools use up its quota. */
  isFailing(): boolean;
  /** It takes nothing from the account, or from the person, before a person mends that. */
  isRefusing(assignment: SeenAssignment): boolean;
  /** An operation on the account goes first: it conflicts, fills the quota, or was begun since then. */
  isAtIt(accountId: string, sinceMs: number): boolean;
};

export function createAwsNow(model: IdentityCenterModel, nowMs: () => number): AwsNow {
  return {
    isFailing() {
      const { asyncFailureShare, otherToolsRatePerSecond, otherToolsOutstanding } = model.settings();
      return asyncFailureShare > 0 || otherToolsRatePerSecond > 0 || otherToolsOutstanding > 0;
    },
    isRefusing({ accountId, principalId }) {
      const { accounts, users } = model.snapshot();
      const account = accounts.find(({ id }) => id === accountId);
      return account?.suspended === true || users.every(({ id }) => id !== principalId);
    },
    isAtIt(accountId, sinceMs) {
      const { conflictScope, outstandingMax } = model.settings();
      const running = model.operationsInFlight(nowMs());
      const own = running.filter(
        (operation) => operation.kind === 'PROVISION' || operation.assignment.accountId === accountId,
      );
      if (running.length >= outstandingMax || (own.length > 0 && conflictScope !== 'none')) return true;
      return own.some(({ createdMs }) => createdMs >= sinceMs);
    },
  };
}
