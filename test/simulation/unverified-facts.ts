// What nobody has shown of AWS: each fact with the answers that it may have. The controller must be right under all of
// them, so every history draws some, and the whole suite can be run under any one.

import type { Settings } from '../../local/identity-center/settings.ts';

export type Answer = Partial<Settings>;

export const UnverifiedFacts: Readonly<Record<string, readonly [Answer, Answer, ...Answer[]]>> = {
  'conflict scope': [
    { conflictScope: 'account' },
    { conflictScope: 'permission-set-in-account' },
    { conflictScope: 'tuple' },
    { conflictScope: 'none' },
  ],
  'conflicts linger': [{ conflictLingersMs: 0 }, { conflictLingersMs: 5_000 }],
  'delete counts as outstanding': [{ outstandingCountsDelete: true }, { outstandingCountsDelete: false }],
  'outstanding cap': [{ outstandingMax: 15 }, { outstandingMax: 10 }, { outstandingMax: 1 }],
  'a second create': [{ duplicateCreate: 'succeeds' }, { duplicateCreate: 'fails' }],
  'delete of a deleted user’s assignment': [
    { deletedPrincipalDelete: 'fails' },
    { deletedPrincipalDelete: 'succeeds' },
  ],
  'rows of a deleted user': [{ deletedUserRows: 'linger' }, { deletedUserRows: 'vanish' }],
  'create for a disabled user': [{ disabledUserCreate: 'succeeds' }, { disabledUserCreate: 'fails' }],
  'lists lag': [
    { listLagMinMs: 0, listLagMaxMs: 0 },
    { listLagMinMs: 0, listLagMaxMs: 5_000 },
  ],
  'describe finds it at once': [{ describeNotFoundForMs: 0 }, { describeNotFoundForMs: 4_000 }],
  'statuses are kept': [{ statusRetentionMs: 86_400_000 }, { statusRetentionMs: 20_000 }],
  'the order of statuses': [{ statusListOrder: 'oldest-first' }, { statusListOrder: 'newest-first' }],
  'an empty last token': [{ lastPageToken: 'absent' }, { lastPageToken: 'empty' }],
  'group rows for a principal': [
    { forPrincipalIncludesGroupRows: true },
    { forPrincipalIncludesGroupRows: false },
  ],
  'a list where it is not provisioned': [{ unprovisionedList: 'empty' }, { unprovisionedList: 'not-found' }],
  'provisioned after the last delete': [
    { provisionedAfterLastDelete: 'stays' },
    { provisionedAfterLastDelete: 'leaves' },
  ],
  'a suspended account': [{ suspendedConflictsForEver: true }, { suspendedConflictsForEver: false }],
  'verdicts come': [{ synchronousShare: 0 }, { synchronousShare: 1 }],
  'a look-up of an e-mail': [{ directoryLookup: 'exact' }, { directoryLookup: 'case-insensitive' }],
};

/** One answer to each fact, drawn. */
export function drawAnswers(random: () => number): Answer {
  const drawn = Object.values(UnverifiedFacts).map(
    (answers) => answers[Math.floor(random() ** 2 * answers.length)] ?? answers[0],
  );
  return Object.assign({}, ...drawn);
}
