// Weaknesses in what stands between an ending that nobody stated and AWS: guard, brake, release, sweep.

import type { Mutant } from './mutant.ts';

const guard = 'src/guard.ts';
const brake = 'src/brake.ts';
const release = 'reconciler/release-withheld.ts';
const sweep = 'reconciler/sweep.ts';
const findings = 'src/sweep-findings.ts';

export const GuardMutants: readonly Mutant[] = [
  {
    name: 'held-goes-all-the-same',
    file: guard,
    find: 'const eligible = input.inferences.filter(({ view }) => view.ledger.sighting?.held === undefined);',
    replace: 'const eligible = input.inferences;',
    breaks: 'S6: what waits for a release goes without one',
  },
  {
    name: 'inferred-without-a-whole-view',
    file: guard,
    find: 'if (!input.sweep.mayInfer) {',
    replace: 'if (!input.sweep.mayInfer && input.nowMs < 0) {',
    breaks: 'S6: something is inferred before one sweep was completed under this scope',
  },
  {
    name: 'brake-does-not-stay-tripped',
    file: guard,
    find: 'const stays = input.brake.tripped && eligible.length > 0 ?',
    replace: 'const stays = input.brake.tripped && input.nowMs < 0 ?',
    breaks: 'S6: a tripped brake lets go what is little enough',
  },
  {
    name: 'brake-forgets-between-sweeps',
    file: guard,
    find: 'if (pending + recent <= limit) return undefined;',
    replace: 'if (pending <= limit) return undefined;',
    breaks: 'S6: a few are removed with every sweep, until none is left',
  },
  {
    name: 'brake-counts-only-the-ripe',
    file: guard,
    find: 'Math.max(eligible.length, input.sweep.unexplained)',
    replace: 'eligible.length',
    breaks: 'S6: many that turn up one after the other pass the brake in small groups',
  },
  {
    name: 'lost-table-is-not-noticed',
    file: guard,
    find: 'if (sweep.requestsNamed > 0 && sweep.requestsFound === 0) {',
    replace: 'if (sweep.requestsNamed < 0 && sweep.requestsFound === 0) {',
    breaks: 'S6: losing the table of requests looks like the end of all access',
  },
  {
    name: 'brake-has-no-limit',
    file: guard,
    find: 'const limit = Math.max(limits.count, Math.floor(limits.share * sweep.liveManaged));',
    replace: 'const limit = Math.max(limits.count, sweep.liveManaged);',
    breaks: 'S6: everything that is live may be removed at once',
  },
  {
    name: 'brake-remembers-a-moment',
    file: brake,
    find: 'const REMEMBERED_MS = 24 * 3_600_000;',
    replace: 'const REMEMBERED_MS = 1_000;',
    breaks: 'S6: what was removed an hour ago does not count',
  },
  {
    name: 'spoiled-brake-is-released',
    file: brake,
    find: 'tripped: true,\n    unreadable: true,',
    replace: 'tripped: false,',
    breaks: 'S6: a row of the brake that cannot be read lets everything go',
  },
  {
    name: 'claims-while-tripped',
    file: brake,
    find: 'if (brake.tripped) return undefined;',
    replace: '',
    breaks: 'S6: what was let through before the brake tripped goes afterwards',
  },
  {
    name: 'claim-does-not-count',
    file: 'reconciler/converge-assignment.ts',
    find: 'return { ...inference.change, writes: [...inference.change.writes, counted] };',
    replace: 'return inference.change;',
    breaks: 'S6: removals are not counted in the transaction of their claim',
  },
  {
    name: 'inferred-without-a-judgement',
    file: 'reconciler/converge-assignment.ts',
    find: 'if (inference === undefined || countInference === undefined) return undefined;',
    replace:
      'if (inference === undefined) return undefined;\n  if (countInference === undefined) return inference.view.ledger.sighting?.held === undefined ? inference.change : undefined;',
    breaks: 'S6: any look at an orphan removes it, without a whole sweep and without the brake',
  },
  {
    name: 'brake-is-not-written',
    file: 'reconciler/judge-inferences.ts',
    find: "if (guarded.brake.kind !== 'trips') return;",
    replace: "if (guarded.brake.kind !== 'as it is') return;",
    breaks: 'S6: a brake that trips is released at once',
  },
  {
    name: 'release-covers-everything',
    file: release,
    find: 'if (withheldDigest(items) !== digest) {',
    replace: "if (digest === '') {",
    breaks: 'S6: a release covers what was withheld after it was read',
  },
  {
    name: 'release-covers-another-sighting',
    file: release,
    find: 'if (sighting === undefined || toDueAt(sighting.first_seen) !== item.first_seen) return false;',
    replace: 'if (sighting === undefined) return false;',
    breaks: 'S6: a release covers access that was gone and has come back since',
  },
  {
    name: 'release-is-good-again',
    file: release,
    find: 'if (valid && brake.released_by_pass !== pass.pass_id) {',
    replace: "if (valid && brake.released_by_pass === '') {",
    breaks: 'S6: one release is used twice',
  },
  {
    name: 'first-sweep-infers',
    file: sweep,
    find: 'mayInfer: !firstSweep,',
    replace: 'mayInfer: true,',
    breaks: 'S6: the first sweep under a scope removes what it finds ripe',
  },
  {
    name: 'first-look-is-not-held',
    file: 'reconciler/first-look.ts',
    find: 'if (coverage === undefined || coverage.head.fingerprint !== scopeFingerprint(scope)) return true;',
    replace:
      'if (coverage === undefined || coverage.head.fingerprint !== scopeFingerprint(scope)) return false;',
    breaks: 'S6: what a pass finds before the first sweep goes without a release',
  },
  {
    name: 'unread-pairs-are-not-said',
    file: sweep,
    find: "if (list.kind === 'unreadable') return addUnread(seen, pair, list.why);",
    replace: "if (list.kind === 'unreadable') return;",
    breaks: 'T4: a pair that could not be read is missing from the coverage',
  },
  {
    name: 'one-bad-pair-ends-the-sweep',
    file: sweep,
    find: "deps.log.error('sweeping a pair failed', { pair: pairId(pair), error });",
    replace: 'throw error;',
    breaks: 'L3: one pair that fails keeps everything from being swept',
  },
  {
    name: 'pairs-of-the-ledger-are-not-swept',
    file: sweep,
    find: 'pairs.set(pairId(assignment), { accountId, permissionSetArn });',
    replace: '',
    breaks: 'T3: where AWS has no account left to list, a missing grant is never found',
  },
  {
    name: 'sweep-ends-unfinished',
    file: sweep,
    find: 'if (!deps.mayAct()) return undefined;',
    replace: 'if (!deps.mayAct()) break;',
    breaks: 'T4: half a sweep is published as a whole one',
  },
  {
    name: 'orphans-are-not-looked-for',
    file: findings,
    find: 'const doubtful = [...doubtfulLive, ...doubtfulLedgers.map(({ assignment }) => assignment)];',
    replace: 'const doubtful = doubtfulLedgers.map(({ assignment }) => assignment);',
    breaks: 'L1: access that nobody asked for is never found',
  },
  {
    name: 'missing-is-not-looked-for',
    file: findings,
    find: 'if (granted && !isLive) return true;',
    replace: '',
    breaks: 'T3: a grant that another hand removed is never found missing',
  },
  {
    name: 'groups-are-users',
    file: findings,
    find: ".filter(({ principalType }) => principalType === 'USER')",
    replace: '.filter(({ principalId }) => principalId.length > 0)',
    breaks: 'S3, S6: groups count as managed access of persons',
  },
  {
    name: 'foreign-is-not-shown',
    file: findings,
    find: 'return [...groups, ...shielded];',
    replace: 'return shielded;',
    breaks: 'T3: a group that holds a managed permission set is not reported',
  },
  {
    name: 'brake-clears-unseen',
    file: 'src/guard.ts',
    find: 'sweep.unreadPairs + sweep.unexplained === 0',
    replace: 'sweep.unexplained === 0',
    breaks: 'S6: a sweep that could not read everything clears the brake',
  },
  {
    name: 'brake-clears-over-what-was-just-sighted',
    file: 'src/guard.ts',
    find: 'sweep.unreadPairs + sweep.unexplained === 0',
    replace: 'sweep.unreadPairs === 0',
    breaks: 'S6: what was sighted while the brake was tripped goes by itself',
  },
  {
    name: 'failed-look-counts-as-seen',
    file: 'reconciler/sweep.ts',
    find: 'const why = converged === undefined ? LOOK_FAILED : converged.unreadable;',
    replace: 'const why = converged?.unreadable;',
    breaks: 'T4, S6: what a sweep could not look at closely passes for explained',
  },
  {
    name: 'former-leader-clears-the-brake',
    file: 'reconciler/judge-inferences.ts',
    find: '[cleared(brake), stillLeading(deps.epoch)]',
    replace: '[cleared(brake)]',
    breaks: 'S6: a sweep of before clears the brake over what was withheld since',
  },
];
