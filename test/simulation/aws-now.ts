// How AWS is at this moment, for the judges of how long something takes.

import type { IdentityCenterModel } from '../../local/identity-center/model.ts';
import type { SeenAssignment } from './seen-assignment.ts';

export type AwsNow = {
  /** It fails operations by chance, or other tools use up its quota. */
  isFailing(): boolean;
  /** It takes nothing from the account, or from the person, before a person mends that. */
  isRefusing(assignment: SeenAssignment): boolean;
  /** An operation on the account runs, or so many that no other is taken: that is AWS, and not the loop. */
  isAtIt(accountId: string): boolean;
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
    isAtIt(accountId) {
      const running = model.operationsInFlight(nowMs());
      const isOn = (operation: (typeof running)[number]) =>
        operation.kind === 'PROVISION' || operation.assignment.accountId === accountId;
      return running.length >= model.settings().outstandingMax || running.some(isOn);
    },
  };
}
