// Weaknesses in the definitions of evidence: fresh, present, absent, gone, lost, unresolved.

import type { Mutant } from './mutant.ts';

const facts = 'src/ledger-facts.ts';
const look = 'reconciler/look-at-live.ts';

export const EvidenceMutants: readonly Mutant[] = [
  {
    name: 'list-before-the-verdicts',
    file: look,
    find: `  const unresolved = await describeAll(live, looks.unresolved, priority);
  const listNeeded = looks.list === true || (looks.list !== false && verdict?.kind === 'failed');
  const list = listNeeded ? await listed(live, desired, priority) : undefined;`,
    replace: `  const listNeeded = looks.list === true || (looks.list !== false && verdict?.kind === 'failed');
  const list = listNeeded ? await listed(live, desired, priority) : undefined;
  const unresolved = await describeAll(live, looks.unresolved, priority);`,
    breaks: 'T1: the list is older than the verdict of a Create, which it was to be looked at after',
  },
  {
    name: 'old-lists-are-shared',
    file: 'src/aws/shared-questions.ts',
    find: 'const question = { key, priority, begin: forget };',
    replace: 'const question = { key, priority, begin: () => undefined };',
    breaks: 'T1: a list that was begun before a verdict is handed out as fresh',
  },
  {
    name: 'unreadable-is-absent',
    file: facts,
    find: "const absent = view.live.list === 'absent';",
    replace: "const absent = view.live.list !== undefined && view.live.list !== 'present';",
    breaks: 'S5, T1: a list that cannot be read counts as one without it',
  },
  {
    name: 'unreadable-is-an-empty-list',
    file: look,
    find: 'return { list: { unreadable: list.why } };',
    replace: "return { list: 'absent' };",
    breaks: 'S5, T1: a list that cannot be read counts as one without it',
  },
  {
    name: 'twice-without-a-grace',
    file: facts,
    find: 'absentTwice: absent && absentSince !== undefined && nowMs - absentSince >= policy.graceMs,',
    replace: 'absentTwice: absent && absentSince !== undefined,',
    breaks: 'T1: two lists of the same moment count as gone',
  },
  {
    name: 'seen-in-between-does-not-count',
    file: 'src/ledger-rule.ts',
    find: 'if (facts.present) return undefined;\n  const before',
    replace: 'const before',
    breaks: 'T1: a list that shows it does not take back an earlier one without it',
  },
  {
    name: 'unrecorded-answer-is-waited-for',
    file: facts,
    find: 'if (op?.id === undefined) return withoutId(error);',
    replace: "if (op?.id === undefined) return error === undefined ? { kind: 'waiting' } : withoutId(error);",
    breaks: 'L1: dying between the claim and the record of its call leaves the row as it is for ever',
  },
  {
    name: 'unknown-operation-is-waited-for',
    file: facts,
    find: 'return nowMs - notFoundSince >= policy.graceMs;',
    replace: 'return nowMs < notFoundSince;',
    breaks: 'L1: an operation that AWS has forgotten is followed for ever',
  },
  {
    name: 'not-found-at-once-is-lost',
    file: facts,
    find: "if (verdict?.kind !== 'not found' || notFoundSince === undefined) return false;\n  return nowMs - notFoundSince >= policy.graceMs;",
    replace: "return verdict?.kind === 'not found';",
    breaks: 'S1: an operation that Describe does not find in its first moments is made again beside it',
  },
  {
    name: 'silent-describe-is-waited-for',
    file: facts,
    find: "if (verdict?.kind === 'unknown' && nowMs - op.claimed_at >= VERDICT_PATIENCE_MS) {",
    replace: "if (verdict?.kind === 'unknown' && nowMs < op.claimed_at) {",
    breaks: 'L1: while Describe does not answer nothing is ended',
  },
  {
    name: 'conflict-is-success',
    file: facts,
    find: "if (error.kind === 'refused') return { kind: 'refused', message: error.message, asked: false };",
    replace:
      "if (error.kind === 'conflict') return { kind: 'succeeded' };\n  if (error.kind === 'refused') return { kind: 'refused', message: error.message, asked: false };",
    breaks: 'T1: a ConflictException counts as done',
  },
  {
    name: 'conflict-is-refused',
    file: 'src/aws/classify-error.ts',
    find: "{ names: ['ConflictException'], kind: 'conflict' },",
    replace: "{ names: ['ConflictException'], kind: 'refused' },",
    breaks: 'L1: a passing conflict ends a creation',
  },
  {
    name: 'throttle-is-refused',
    file: 'src/aws/classify-error.ts',
    find: "names: ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'],\n    kind: 'later',",
    replace:
      "names: ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'],\n    kind: 'refused',",
    breaks: 'L1: a throttle ends a creation',
  },
  {
    name: 'any-404-is-gone',
    file: 'src/aws/classify-error.ts',
    find: "text: /^Received a 404 status error\\b.*EntitlementItem doesn['’]t exist/is,",
    replace: 'text: /^Received a 404 status error\\b/i,',
    breaks: 'T3: a Delete that fails because its user is unknown counts as done',
  },
  {
    name: 'unknown-operation-is-gone',
    file: 'src/aws/describe-operation.ts',
    find: "return reply.notFound ? { kind: 'not found' } : { kind: 'unknown', why: reply.why };",
    replace:
      "return reply.notFound ? { kind: 'failed', as: 'absent', message: reply.why } : { kind: 'unknown', why: reply.why };",
    breaks: 'T1: "not found" of Describe counts as an ending',
  },
  {
    name: 'unresolved-is-over-when-unknown',
    file: facts,
    find: "if (verdict?.kind === 'unknown' && facts.nowMs - since >= VERDICT_PATIENCE_MS) return [];",
    replace: "if (verdict?.kind === 'unknown') return [];",
    breaks: 'T1: a question that failed once counts as the end of a Create',
  },
  {
    name: 'not-found-is-an-empty-list',
    file: 'src/aws/read-live.ts',
    find: 'return explainPairNotFound(deps, pair, { failure: list, priority: question.priority });',
    replace: "return { kind: 'listed', principals: [] };",
    breaks: 'T1: ResourceNotFound of a list counts as absence',
  },
  {
    name: 'wrong-instance-is-empty',
    file: 'src/aws/permission-set-gone.ts',
    find: 'if (!belongsTo(instanceArn, permissionSetArn)) return false;',
    replace: '',
    breaks: 'T1: a wrong instance looks like an empty one',
  },
  {
    name: 'empty-instance-proves',
    file: 'src/aws/permission-set-gone.ts',
    find: "return all.kind === 'complete' && all.rows.length > 0 && !all.rows.includes(permissionSetArn);",
    replace: "return all.kind === 'complete' && !all.rows.includes(permissionSetArn);",
    breaks: 'T1: a list of no permission sets at all proves that one is gone',
  },
  {
    name: 'empty-page-ends-the-list',
    file: 'src/aws/paced-read.ts',
    find: 'nextToken = next.data.NextToken || undefined;',
    replace: 'nextToken = parsed.data.length === 0 ? undefined : next.data.NextToken || undefined;',
    breaks: 'T1: what stands behind an empty page counts as absent',
  },
  {
    name: 'half-a-list-is-whole',
    file: 'src/aws/paced-read.ts',
    find: "if (reply.kind === 'failed') return reply;\n    const parsed",
    replace:
      "if (reply.kind === 'failed') return page > 1 ? { kind: 'complete', rows } : reply;\n    const parsed",
    breaks: 'S5, T1: what stands on a page that could not be read counts as absent',
  },
  {
    name: 'failing-delete-is-not-listed',
    file: 'src/look.ts',
    find: "list: ledger.stage === 'DELETING' && ledger.attempts >= KEEPS_FAILING };",
    replace: 'list: false };',
    breaks: 'L1: a Delete that AWS goes on refusing is never over, although the access is gone',
  },
];
