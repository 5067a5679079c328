// That the judgement at the end of a run can fail, and what the policies say in IAM's own terms.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createModelStore } from '../model-store.ts';
import type { AwsCall, Part } from './aws-call.ts';
import { callOfIdentityCenter } from './calls-of-identity-center.ts';
import { callsOfRequest } from './calls-of-request.ts';
import { decideCall, permissionsOf } from './decide-call.ts';
import { type Grant, readGrants, readPolicies } from './grant.ts';
import { judgeRun } from './judge-run.ts';
import { type NotedRun, noteRun, whatIsMissing } from './noted-runs.ts';
import { permittedStore } from './permitted.ts';

const policies = readPolicies();
const NOTHING: Readonly<Record<Part, readonly Grant[]>> = {
  ...{ api: [], reconciler: [], observer: [], operator: [] },
};

const index = (table: string, name: string) => `"$\{local.table.${table}}/index/${name}"`;

/** One statement as the policies are written. */
const written = (resources: string, ...more: readonly string[]) => `
  statement {
    sid = "One"
    actions = [
      "dynamodb:Query", # to see
      "dynamodb:GetItem", # to see
    ]
    resources = ${resources}
${more.join('\n')}
  }
`;
const onKeys = (...values: readonly string[]) => `
    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = [${values.map((value) => `"${value}"`).join(', ')}]
    }`;

describe('readGrants()', () => {
  test('reads tables, indexes and lists of them', () => {
    const grants = readGrants(
      written(`[\n      local.table.audit,\n      ${index('audit', 'gsi_account_event')},\n    ]`),
    );
    expect(grants.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'dynamodb:Query table/audit/index/gsi_account_event',
      'dynamodb:Query table/audit',
      'dynamodb:GetItem table/audit/index/gsi_account_event',
      'dynamodb:GetItem table/audit',
    ]);
  });

  test('reads what a dynamic statement is about', () => {
    const on = (part: Part, sid: string) => policies[part].filter((grant) => grant.sid === sid);
    expect(
      on('reconciler', 'NeverInExcludedAccounts').map(({ effect, resource }) => [effect, resource]),
    ).toEqual([
      ['Deny', 'account/excluded'],
      ['Deny', 'account/excluded'],
    ]);
    expect(on('api', 'WakeReconciler').map(({ resource }) => resource)).toEqual(['function/reconciler']);
  });

  test.each([
    ['an expression', written('[local.everything]'), /local\.everything.* not understood/],
    ['a wildcard', written('["*"]'), /not understood/],
    ['no resource', written('[]'), /not understood/],
    ['a table', written('[local.table.more]'), /no table more/],
    ['an index', written(`[${index('audit', 'gsi_more')}]`), /audit has no index gsi_more/],
    ['a place', written('[local.table.audit]').replaceAll('\n  ', '\n    '), /not indented as one/],
    ['a file', `  source_policy_documents = []\n${written('[local.table.audit]')}`, /is no statement/],
    ['a word', written('[local.table.audit]', '    not_actions = []'), /not_actions .* not understood/],
    [
      'a condition',
      written('[local.table.audit]', onKeys('a').replace('LeadingKeys', 'Select')),
      /condition ForAllValues:StringLike on dynamodb:Select is not understood/,
    ],
    [
      'values',
      written('[local.table.audit]', onKeys('a').replace('["a"]', 'local.keys')),
      /values local\.keys/,
    ],
  ])('refuses %s that it does not know', (_what, text, message) => {
    expect(() => readGrants(text)).toThrow(message);
  });
});

describe('decideCall()', () => {
  const put = (...leadingKeys: readonly string[]): AwsCall => ({
    ...{ action: 'dynamodb:PutItem', resources: ['table/control'], leadingKeys },
  });
  const assign = (permissionSetArn: string, accountId: string) =>
    callOfIdentityCenter(
      'CreateAccountAssignment',
      { PermissionSetArn: permissionSetArn, TargetId: accountId },
      { permissionSetArns: ['ours'], excludedAccountIds: ['999999999999'] },
    );
  const why = (part: Part, call: AwsCall) => {
    const decided = decideCall(call, policies[part]);
    return decided.allowed ? 'allowed' : decided.why;
  };

  test('knows the rows of a table by the keys that a statement lists, all of them', () => {
    expect(why('api', put('pass#'))).toBe('allowed');
    expect(why('api', put('brake'))).toBe('nothing allows it on table/control');
    expect(why('api', put('pass#', 'brake'))).toBe('nothing allows it on table/control');
    expect(why('observer', put('observe#'))).toBe('allowed');
    expect(why('observer', put('leader'))).toBe('nothing allows it on table/control');
  });

  test('does not take a condition for true whose key was not noted', () => {
    expect(why('api', { action: 'dynamodb:PutItem', resources: ['table/control'] })).not.toBe('allowed');
  });

  test('asks for an index by itself: its table does not open it', () => {
    const query = (resource: string): AwsCall => ({ action: 'dynamodb:Query', resources: [resource] });
    expect(why('reconciler', query('table/requests/index/gsi_status_due'))).toBe('allowed');
    expect(why('reconciler', query('table/requests/index/gsi_channel_created'))).not.toBe('allowed');
    expect(why('reconciler', query('table/requests'))).not.toBe('allowed');
  });

  test('allows an assignment only where instance, permission set and account are allowed', () => {
    expect(why('reconciler', assign('ours', '111111111111'))).toBe('allowed');
    expect(why('reconciler', assign('theirs', '111111111111'))).toBe(
      'nothing allows it on permission-set/foreign',
    );
    expect(why('observer', assign('ours', '111111111111'))).toBe('nothing allows it on instance');
  });

  test('lets a denial count more than what is allowed', () => {
    expect(why('reconciler', assign('ours', '999999999999'))).toBe(
      'NeverInExcludedAccounts denies it on account/excluded',
    );
  });

  test('lets the operator type the columns of the runbook, and no others', () => {
    const type = (expression: string, more: object = {}) =>
      callsOfRequest({
        path: '/',
        target: 'DynamoDB_20120810.UpdateItem',
        body: JSON.stringify({
          TableName: 'jit_requests',
          Key: { request_id: { S: 'r' } },
          UpdateExpression: expression,
          ExpressionAttributeNames: { '#s': 'status' },
          ...more,
        }),
      }).map((call) => why('operator', call));
    expect(type('SET #s = :s, revoked_by = :who')).toEqual(['allowed']);
    expect(type('SET #s = :s, end_time = :t')).toEqual(['nothing allows it on table/requests']);
    expect(type('SET #s = :s', { ConditionExpression: 'requester_email = :e' })).not.toEqual(['allowed']);
    expect(type('SET #s = :s', { ReturnValues: 'ALL_NEW' })).not.toEqual(['allowed']);
  });
});

describe('judgeRun()', () => {
  const grants = readGrants(written('[local.table.control]', onKeys('one#*', 'two')));
  const call = (action: string, key: string) =>
    ({ caller: 'api', call: { action, resources: ['table/control'], leadingKeys: [key] } }) as const;
  const all = ['dynamodb:Query', 'dynamodb:GetItem'].flatMap((action) => [
    call(action, 'one#'),
    call(action, 'two'),
  ]);

  test('is content when all that is allowed is used, and nothing else', () => {
    expect(judgeRun(all, { ...NOTHING, api: grants })).toEqual({ refused: [], unused: [] });
  });

  test('names what is allowed and never used: an action, an index, a key', () => {
    const { unused } = judgeRun(all.slice(0, 3), { ...NOTHING, api: grants });
    expect(unused).toEqual(['api One: dynamodb:GetItem on table/control for two']);
    const onIndex = readGrants(written(`[${index('requests', 'gsi_status_due')}]`));
    expect(judgeRun(all, { ...NOTHING, api: [...grants, ...onIndex] }).unused).toEqual([
      'api One: dynamodb:Query on table/requests/index/gsi_status_due',
      'api One: dynamodb:GetItem on table/requests/index/gsi_status_due',
    ]);
  });

  test('takes what a second statement allows again for unused', () => {
    const again = grants.map((grant) => ({ ...grant, sid: 'Again' }));
    expect(judgeRun(all, { ...NOTHING, api: [...grants, ...again] }).unused).toEqual(
      again.flatMap(permissionsOf).map((permission) => `api ${permission}`),
    );
  });

  test('names a call that is not allowed, by its caller, resource and key', () => {
    const strange = call('dynamodb:GetItem', 'three');
    const { refused } = judgeRun([...all, strange], { ...NOTHING, api: grants });
    expect(refused).toEqual([
      'api called dynamodb:GetItem on table/control with the key three: nothing allows it on table/control',
    ]);
  });

  test('lets a row be looked for that has left the scope, and nothing be written there', () => {
    const scope = { permissionSetArns: ['ours'], excludedAccountIds: [] };
    const foreign = (operation: string) =>
      callOfIdentityCenter(operation, { PermissionSetArn: 'theirs' }, scope);
    const judged = (caller: Part, operation: string) =>
      judgeRun([{ caller, call: foreign(operation) }], policies).refused.length;
    expect(judged('reconciler', 'ListAccountAssignments')).toBe(0);
    expect(judged('reconciler', 'DeleteAccountAssignment')).toBe(1);
    expect(judged('operator', 'ListAccountAssignments')).toBe(1);
  });

  test('lets parts that share a process call what one of them may, and counts it for none', () => {
    const several = all.map(({ call: made }) => ({ caller: 'several', call: made }) as const);
    expect(judgeRun(several, { ...NOTHING, api: grants })).toMatchObject({
      refused: [],
      unused: { length: 4 },
    });
    expect(judgeRun(several, NOTHING).refused).toHaveLength(4);
  });
});

test('permittedStore() refuses at the spot, as AWS would, and writes nothing', async () => {
  const tables = createModelStore();
  const store = permittedStore('api', tables, () => undefined);
  const write = { kind: 'put', table: 'control', row: { name: 'brake' } } as const;
  const told = 'api may not call dynamodb:PutItem on table/control with the key brake';
  await expect(store.transact([write])).rejects.toThrow(told);
  await expect(store.transact([write]), 'and again').rejects.toThrow(told);
  expect(tables.dump('control')).toEqual([]);
});

describe('whatIsMissing()', () => {
  const QUICK = { files: ['test/a.test.ts'], problems: [] };
  const REST = { files: ['test/b.test.ts'], problems: [] };
  const missing = (...runs: readonly NotedRun[]) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'noted-runs-'));
    for (const run of runs) noteRun(folder, run);
    const told = whatIsMissing(folder, ['test/a.test.ts', 'test/b.test.ts']);
    rmSync(folder, { recursive: true });
    return told;
  };

  test('is nothing once the runs together have run every file', () => {
    expect(missing(QUICK)).toMatch(/^1 of 2 test files were not run/);
    expect(missing(QUICK, REST)).toBeUndefined();
  });

  test('is what kept any of them from showing all its calls', () => {
    const failed = { ...QUICK, problems: ['tests failed'] };
    expect(missing(failed, REST)).toBe('tests failed');
  });
});
