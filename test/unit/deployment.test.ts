import { expect, test } from 'vitest';
import { problemsAtStart, type StartChecks } from '../../reconciler/check-start.ts';
import { claimDeployment, deploymentProblems } from '../../src/deployment.ts';
import { createModelStore } from '../model-store.ts';

const OURS = { instanceArn: 'arn:aws:sso:::instance/ssoins-1111222233334444', requestsTable: 'jit_requests' };
const ROW = { name: 'deployment', instance_arn: OURS.instanceArn, requests_table: OURS.requestsTable };

test('the first enforcing process claims the tables, and everything configured alike may start', async () => {
  const store = createModelStore();
  expect(await claimDeployment(store, OURS)).toEqual([]);
  expect(store.dump('control')).toEqual([ROW]);
  expect(await claimDeployment(store, OURS)).toEqual([]);
  expect(await deploymentProblems(store, OURS)).toEqual([]);
});

test('a process of another organisation or with another requests table may not start', async () => {
  const store = createModelStore();
  store.load('control', [ROW]);
  const other = {
    instanceArn: 'arn:aws:sso:::instance/ssoins-9999222233334444',
    requestsTable: 'x_requests',
  };
  for (const check of [claimDeployment, deploymentProblems])
    expect(await check(store, other)).toEqual([
      `SSO_INSTANCE_ARN is "${other.instanceArn}", but these tables belong to "${OURS.instanceArn}": expected the same.`,
      'TABLE_REQUESTS is "x_requests", but these tables belong to "jit_requests": expected the same.',
    ]);
  expect(store.dump('control')).toEqual([ROW]);
});

test('comparing writes nothing', async () => {
  const store = createModelStore();
  expect(await deploymentProblems(store, OURS)).toEqual([]);
  expect(store.dump('control')).toEqual([]);
});

test('who claims at the same moment as another sees the other', async () => {
  const store = createModelStore();
  store.hooks.onBeforeWrite = () => store.load('control', [{ ...ROW, requests_table: 'first_requests' }]);
  expect(await claimDeployment(store, OURS)).toHaveLength(1);
});

test('a record that cannot be understood keeps everybody out', async () => {
  const store = createModelStore();
  store.load('control', [{ name: 'deployment', instance_arn: 7 }]);
  expect(await claimDeployment(store, OURS)).toEqual([
    'The row "deployment" of the control table cannot be understood: it must be put right by hand.',
  ]);
});

function checks(change: Partial<StartChecks>): StartChecks {
  return {
    tableProblems: async () => [],
    store: createModelStore(),
    deployment: OURS,
    mode: 'enforce',
    onRetry: () => undefined,
    retries: 3,
    pauseMs: 1,
    pauseMaxMs: 2,
    ...change,
  };
}

test('problemsAtStart() waits for tables that cannot be reached', async () => {
  let tries = 0;
  const retried: string[] = [];
  const tableProblems = async () => {
    tries += 1;
    if (tries < 3) throw new Error('no route');
    return [];
  };
  expect(
    await problemsAtStart(checks({ tableProblems, onRetry: ({ message }) => retried.push(message) })),
  ).toEqual([]);
  expect(retried).toEqual(['no route', 'no route']);
});

test('problemsAtStart() gives up in the end', async () => {
  const tableProblems = () => Promise.reject(new Error('no route'));
  await expect(problemsAtStart(checks({ tableProblems }))).rejects.toThrow('no route');
});

test('problemsAtStart() says what is wrong with tables at once and claims nothing', async () => {
  const store = createModelStore();
  const tableProblems = async () => ['Table jit_audit does not exist.', 'Table jit_outbox does not exist.'];
  expect(await problemsAtStart(checks({ store, tableProblems }))).toHaveLength(2);
  expect(store.dump('control')).toEqual([]);
});

test('problemsAtStart() claims nothing for an observer', async () => {
  const store = createModelStore();
  expect(await problemsAtStart(checks({ store, mode: 'observe' }))).toEqual([]);
  expect(store.dump('control')).toEqual([]);
});
