import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { projectFiles } from '../source-file.ts';
import { callsOfPart } from './calls-of-part.ts';
import { readPolicyFile, type WrittenStatement } from './policy-file.ts';

const POLICIES = new URL('../../deploy/terraform/policies/', import.meta.url);
const read = (part: string) => readPolicyFile(readFileSync(new URL(`${part}.tf`, POLICIES), 'utf8'));
const policies = {
  api: read('api'),
  reconciler: read('reconciler'),
  observer: read('observer'),
  operator: read('operator'),
};
const files = projectFiles();

// AWS asks for it in the caller's name; no code calls it.
const ON_BEHALF = 'kms:Decrypt';

const allowed = (statements: readonly WrittenStatement[]) =>
  statements.filter(({ effect }) => effect === 'Allow').flatMap(({ actions }) => actions);
const actionsOf = (statements: readonly WrittenStatement[]) =>
  [...new Set(allowed(statements).map(({ action }) => action))]
    .filter((action) => action !== ON_BEHALF)
    .toSorted();

test.each(['api', 'reconciler'] as const)(
  'the policy of the %s allows every AWS call of its code, and none that it does not make',
  (part) => {
    expect(actionsOf(policies[part])).toEqual(callsOfPart(part, files));
  },
);

test('a call that is added to the code is missing in the policy', () => {
  const text = "import { ListUsersCommand } from '@aws-sdk/client-identitystore';";
  const more = [...files, { path: 'src/aws/more.ts', text }];
  const main = { path: 'api/main.ts', text: "import { more } from '../src/aws/more.ts';" };
  const calls = callsOfPart('api', [...more.filter(({ path }) => path !== 'api/main.ts'), main]);
  expect(calls).toContain('identitystore:ListUsers');
  expect(actionsOf(policies.api)).not.toContain('identitystore:ListUsers');
});

test('an observer may do what a reconciler may, without all that writes and tells', () => {
  const observer = actionsOf(policies.observer);
  const reconciler = actionsOf(policies.reconciler);
  expect(observer.filter((action) => !reconciler.includes(action))).toEqual([]);
  expect(reconciler.filter((action) => !observer.includes(action))).toEqual([
    'dynamodb:ConditionCheckItem',
    'dynamodb:DeleteItem',
    'dynamodb:UpdateItem',
    'secretsmanager:GetSecretValue',
    'sso:CreateAccountAssignment',
    'sso:DeleteAccountAssignment',
    // It begins no operations, so it follows none; the verdict on another's it asks for one by one.
    'sso:ListAccountAssignmentCreationStatus',
    'sso:ListAccountAssignmentDeletionStatus',
  ]);
});

test('an observer writes rows of its own in the control table and metrics, and nothing else anywhere', () => {
  const text = readFileSync(new URL('observer.tf', POLICIES), 'utf8');
  const writes = policies.observer.filter(({ actions }) =>
    actions.some(({ action }) => /:(Put|Create|Update|Delete|Invoke|Provision|Attach|Tag)/.test(action)),
  );
  expect(writes.map(({ sid, resources }) => [sid, resources])).toEqual([
    ['ControlWrite', '[local.table.control]'],
    ['Metrics', '["*"]'],
  ]);
  const [, condition] = text.split('"ControlWrite"');
  expect(condition).toMatch(/variable = "dynamodb:LeadingKeys"\s+values {3}= \["observe#\*"\]/);
});

test('the API has no action of Identity Center', () => {
  expect(actionsOf(policies.api).filter((action) => action.startsWith('sso:'))).toEqual([]);
});

test('nobody can change or delete an audit event', () => {
  const ofAudit = Object.values(policies)
    .flat()
    .filter(({ resources }) => resources.includes('local.table.audit'));
  const actions = new Set(ofAudit.flatMap((statement) => statement.actions.map(({ action }) => action)));
  expect([...actions].toSorted()).toEqual(['dynamodb:PutItem', 'dynamodb:Query']);
});

test('the break-glass policy allows the commands of the runbook, and no others', () => {
  const runbook = readFileSync(
    new URL('../../deploy/runbooks/break-glass-revoke.md', import.meta.url),
    'utf8',
  );
  const commands = [...runbook.matchAll(/^\s*aws ([a-z-]+) ([a-z-]+)/gm)].map(
    ([, service = '', verb = '']) => {
      const action = verb.replaceAll(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
      return `${service === 'sso-admin' ? 'sso' : service}:${action === 'Invoke' ? 'InvokeFunction' : action}`;
    },
  );
  expect(actionsOf(policies.operator)).toEqual([...new Set(commands)].toSorted());
});

test.each(Object.entries(policies))(
  'every action of the policy %s has its reason, and no wildcard',
  (_, all) => {
    const actions = all.flatMap(({ actions: listed }) => listed);
    expect(actions.length).toBeGreaterThan(4);
    expect(actions.filter(({ reason }) => reason.trim().length < 8)).toEqual([]);
    expect(actions.filter(({ action }) => action.includes('*'))).toEqual([]);
  },
);

test.each(Object.entries(policies))(
  'every statement of the policy %s names its resources, but for the metrics, whose action knows none',
  (_, statements) => {
    const others = statements.filter(({ sid }) => sid !== 'Metrics');
    expect(others.filter(({ resources }) => resources === '' || resources.includes('"*"'))).toEqual([]);
  },
);

test('an action without a reason, and one that cannot be read, are noticed', () => {
  const written = (line: string) => `statement {\n  sid = "One"\n  actions = [\n${line}\n  ]\n}\n`;
  expect(readPolicyFile(written('    "sso:ListInstances",'))[0]?.actions).toEqual([
    { action: 'sso:ListInstances', reason: '' },
  ]);
  expect(() => readPolicyFile(written('    local.more,'))).toThrow('cannot be read');
  expect(() => readPolicyFile('actions = [\n]\n')).toThrow('no sid');
});
