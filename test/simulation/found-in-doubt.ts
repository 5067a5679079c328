// Histories that once broke a promise where what is seen or said cannot be believed. See `found-histories.ts`.

import type { FoundHistory } from './found-histories.ts';

export const FoundInDoubt: readonly FoundHistory[] = [
  {
    was: 'lists showed nothing, and the last grant was taken for missing when the others had ended',
    broke: 'S6',
    history: {
      seed: 910245,
      scenario: 'blind',
      surroundings: {
        skewsMs: [13609, -4543],
        apiSkewMs: 10045,
        jitterPercent: 10,
        answers: {
          conflictScope: 'tuple',
          conflictLingersMs: 0,
          outstandingCountsDelete: true,
          outstandingMax: 1,
          duplicateCreate: 'succeeds',
          deletedPrincipalDelete: 'fails',
          deletedUserRows: 'linger',
          disabledUserCreate: 'succeeds',
          listLagMinMs: 0,
          listLagMaxMs: 5000,
          describeNotFoundForMs: 0,
          statusRetentionMs: 86400000,
          statusListOrder: 'oldest-first',
          lastPageToken: 'absent',
          forPrincipalIncludesGroupRows: false,
          unprovisionedList: 'not-found',
          provisionedAfterLastDelete: 'leaves',
          suspendedConflictsForEver: true,
          synchronousShare: 1,
          directoryLookup: 'exact',
        },
        brakeCount: 100,
        takenOver: false,
      },
      acts: [
        { kind: 'ask', who: 0, account: 0, set: 1, minutes: 3, afterMs: 219 },
        { kind: 'approve', request: 0, by: 0, afterMs: 1356 },
        { kind: 'ask', who: 2, account: 0, set: 1, minutes: 60, afterMs: 111 },
        { kind: 'approve', request: 0, by: 1, afterMs: 1193 },
        { kind: 'approve', request: 0, by: 1, afterMs: 1807 },
        { kind: 'ask', who: 0, account: 0, set: 0, minutes: 1, afterMs: 338 },
        { kind: 'approve', request: 0, by: 1, afterMs: 526 },
        { kind: 'blind', account: 0, set: null, seconds: 240, afterMs: 10832 },
        { kind: 'revoke', request: 2, by: 2, afterMs: 11917 },
        { kind: 'misfortune', phase: 'judge', fate: 'pause-before', skip: 1, times: 1, afterMs: 48749 },
      ],
    },
  },
];
