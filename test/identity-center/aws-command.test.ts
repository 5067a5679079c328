// The aws command, which nobody here wrote, against the HTTP door: every operation, an error and a page, by each one that
// is on the path. Each run of it costs about a second of processor time, so the cases are few, in two lanes that run side
// by side.

import { describe, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { startIdentityCenterServer } from '../../local/identity-center/http-server.ts';
import { needs } from '../needs.ts';
import { findAwsCommands, runAws } from './aws-command.ts';
import { seededRandom } from './seeded-random.ts';
import { CALM, START_MS } from './stage.ts';
import { createVirtualClock } from './virtual-clock.ts';

const COMMANDS = findAwsCommands();
const needed = needs({ aws: COMMANDS.length > 0 });

const INSTANCE = ['--instance-arn', DEMO_INSTANCE_ARN];
const SET = [...INSTANCE, '--permission-set-arn', DEMO_PERMISSION_SETS.jitAdmin];
const PRINCIPAL = ['--principal-type', 'USER', '--principal-id', DEMO_USERS.ana.id];
const ASSIGNMENT = [...SET, ...PRINCIPAL, '--target-type', 'AWS_ACCOUNT', '--target-id', DEMO_ACCOUNTS.dev];
const STORE = ['--identity-store-id', DEMO_IDENTITY_STORE_ID];

async function openLane(command: string) {
  const clock = createVirtualClock(START_MS, { jumps: true });
  const server = await startIdentityCenterServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: CALM,
  });
  const run = (args: readonly string[]) => runAws(command, server.url, args);
  return {
    server,
    clock,
    run,
    async reply(...args: string[]): Promise<unknown> {
      const { exitCode, stdout, stderr } = await run(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    },
  };
}

function requestIdOf(output: unknown): string {
  const id = /"RequestId":"([^"]+)"/.exec(JSON.stringify(output))?.[1];
  if (id === undefined) throw new Error(`expected a RequestId in ${JSON.stringify(output)}`);
  return id;
}

/** Version 1 prints seconds since 1970, version 2 ISO 8601. */
function createdAt(output: unknown): number {
  const [, seconds, text = ''] = /"CreatedDate":(?:([\d.]+)|"([^"]+)")/.exec(JSON.stringify(output)) ?? [];
  return seconds === undefined ? Date.parse(text) : Number(seconds) * 1000;
}

async function playAssignments(command: string) {
  const { server, clock, run, reply } = await openLane(command);
  const created = await reply('sso-admin', 'create-account-assignment', ...ASSIGNMENT);
  expect(created).toMatchObject({
    AccountAssignmentCreationStatus: { Status: 'IN_PROGRESS' },
  });
  expect(createdAt(created)).toBe(START_MS);
  const conflicting = await run(['sso-admin', 'delete-account-assignment', ...ASSIGNMENT]);
  expect(conflicting.exitCode).not.toBe(0);
  expect(conflicting.stderr).toMatch(
    /\(ConflictException\) when calling .*: There is a conflicting operation in process\./,
  );
  clock.advance(1_000);
  const creationId = ['--account-assignment-creation-request-id', requestIdOf(created)];
  expect(
    await reply('sso-admin', 'describe-account-assignment-creation-status', ...INSTANCE, ...creationId),
  ).toMatchObject({ AccountAssignmentCreationStatus: { Status: 'SUCCEEDED' } });
  const succeeded = ['--filter', 'Status=SUCCEEDED'];
  expect(
    await reply('sso-admin', 'list-account-assignment-creation-status', ...INSTANCE, ...succeeded),
  ).toMatchObject({ AccountAssignmentsCreationStatus: [{ RequestId: requestIdOf(created) }] });
  const inAccount = ['--account-id', DEMO_ACCOUNTS.dev];
  expect(await reply('sso-admin', 'list-account-assignments', ...SET, ...inAccount)).toMatchObject({
    AccountAssignments: [{ PrincipalType: 'USER', PrincipalId: DEMO_USERS.ana.id }],
  });
  expect(await reply('sso-admin', 'list-accounts-for-provisioned-permission-set', ...SET)).toEqual({
    AccountIds: [DEMO_ACCOUNTS.dev],
  });
  expect(
    await reply('sso-admin', 'list-permission-sets-provisioned-to-account', ...INSTANCE, ...inAccount),
  ).toEqual({ PermissionSets: [DEMO_PERMISSION_SETS.jitAdmin] });
  const deleted = await reply('sso-admin', 'delete-account-assignment', ...ASSIGNMENT);
  clock.advance(1_000);
  const deletionId = ['--account-assignment-deletion-request-id', requestIdOf(deleted)];
  expect(
    await reply('sso-admin', 'describe-account-assignment-deletion-status', ...INSTANCE, ...deletionId),
  ).toMatchObject({ AccountAssignmentDeletionStatus: { Status: 'SUCCEEDED' } });
  expect(await reply('sso-admin', 'list-account-assignment-deletion-status', ...INSTANCE)).toMatchObject({
    AccountAssignmentsDeletionStatus: [{ Status: 'SUCCEEDED', RequestId: requestIdOf(deleted) }],
  });
  await server.close();
}

async function playPermissionSets(command: string) {
  const { server, clock, run, reply } = await openLane(command);
  expect(await reply('sso-admin', 'list-instances')).toMatchObject({
    Instances: [{ InstanceArn: DEMO_INSTANCE_ARN, IdentityStoreId: DEMO_IDENTITY_STORE_ID }],
  });
  const PermissionSets = Object.values(DEMO_PERMISSION_SETS);
  // Three pages of one, which the command follows and puts together.
  expect(await reply('sso-admin', 'list-permission-sets', ...INSTANCE, '--page-size', '1')).toEqual({
    PermissionSets,
  });
  const onePage = ['--no-paginate', '--max-results', '2'];
  expect(await reply('sso-admin', 'list-permission-sets', ...INSTANCE, ...onePage)).toEqual({
    PermissionSets: PermissionSets.slice(0, 2),
    NextToken: expect.any(String),
  });
  const malformed = await run(['sso-admin', 'list-permission-sets', '--instance-arn', 'nonsense-arn']);
  expect(malformed.stderr).toMatch(/\(ValidationException\) when calling .*: 1 validation error detected/);
  expect(await reply('sso-admin', 'describe-permission-set', ...SET)).toMatchObject({
    PermissionSet: { Name: 'JIT-Admin', SessionDuration: 'PT1H' },
  });
  const resource = [...INSTANCE, '--resource-arn', DEMO_PERMISSION_SETS.jitAdmin];
  await reply('sso-admin', 'tag-resource', ...resource, '--tags', 'Key=managed-by,Value=jit');
  expect(await reply('sso-admin', 'list-tags-for-resource', ...resource)).toEqual({
    Tags: [{ Key: 'managed-by', Value: 'jit' }],
  });
  const policy = '{"Version":"2012-10-17","Statement":[]}';
  await reply('sso-admin', 'put-inline-policy-to-permission-set', ...SET, '--inline-policy', policy);
  expect(await reply('sso-admin', 'get-inline-policy-for-permission-set', ...SET)).toEqual({
    InlinePolicy: policy,
  });
  const everywhere = ['--target-type', 'ALL_PROVISIONED_ACCOUNTS'];
  const provisioning = await reply('sso-admin', 'provision-permission-set', ...SET, ...everywhere);
  clock.advance(1_000);
  const provisioningId = ['--provision-permission-set-request-id', requestIdOf(provisioning)];
  expect(
    await reply('sso-admin', 'describe-permission-set-provisioning-status', ...INSTANCE, ...provisioningId),
  ).toMatchObject({ PermissionSetProvisioningStatus: { Status: 'SUCCEEDED' } });
  await reply('sso-admin', 'delete-inline-policy-from-permission-set', ...SET);
  await server.close();
}

async function playDirectory(command: string) {
  const { server, run, reply } = await openLane(command);
  const identifier = (value: string) => {
    const UniqueAttribute = { AttributePath: 'userName', AttributeValue: value };
    return ['--alternate-identifier', JSON.stringify({ UniqueAttribute })];
  };
  expect(
    await reply('identitystore', 'get-user-id', ...STORE, ...identifier('ana@example.com')),
  ).toMatchObject({ UserId: DEMO_USERS.ana.id });
  const unknown = await run(['identitystore', 'get-user-id', ...STORE, ...identifier('nobody@example.com')]);
  expect(unknown.stderr).toMatch(/\(ResourceNotFoundException\) when calling .*: USER not found/);
  expect(
    await reply('identitystore', 'describe-user', ...STORE, '--user-id', DEMO_USERS.ben.id),
  ).toMatchObject({ UserName: 'ben@example.com', Emails: [{ Value: 'ben@example.com' }] });
  expect(await reply('identitystore', 'list-users', ...STORE, '--page-size', '3')).toMatchObject({
    Users: { length: 4 },
  });
  await server.close();
}

/** The operation is of late 2023: Debian's command does not know it, a newer one does. */
async function playPrincipal(command: string): Promise<'played' | 'unknown to it'> {
  const { server, run } = await openLane(command);
  const args = ['sso-admin', 'list-account-assignments-for-principal', ...INSTANCE, ...PRINCIPAL];
  const { exitCode, stdout, stderr } = await run(args);
  await server.close();
  if (/invalid choice/i.test(stderr)) return 'unknown to it';
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ AccountAssignments: [{ AccountId: DEMO_ACCOUNTS.prod }] });
  return 'played';
}

describe.each(COMMANDS.length > 0 ? COMMANDS : ['aws'])('the aws command %s', needed, (command) => {
  test.concurrent('understands assignments, their statuses and a conflict', () => playAssignments(command));

  test.concurrent('understands permission sets, pages, a refusal and users', async () => {
    await playPermissionSets(command);
    await playDirectory(command);
  });

  test.concurrent('understands the assignments of a principal', async ({ skip }) => {
    const played = await playPrincipal(command);
    if (played === 'unknown to it') skip('it is older than list-account-assignments-for-principal');
  });
});
