// The break-glass runbook of the system that this one replaces, with its own commands, against everything at once: the walk
// through the whole that `npm test` takes. Nothing in it is timed. Each run of aws costs about a second of processor time,
// so the cases are few.

import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { awsCommands } from '../../local/what-to-try.ts';
import { findAwsCommands } from '../identity-center/aws-command.ts';
import { needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { type LocalStage, openLocalStage } from './local-stage.ts';

const COMMANDS = findAwsCommands();

// As they stand in the runbook, with its own placeholders.
const REMOVE = `aws sso-admin delete-account-assignment \\
  --instance-arn <sso_instance_arn> \\
  --target-id <account_id> \\
  --target-type AWS_ACCOUNT \\
  --permission-set-arn <permission_set_arn> \\
  --principal-type USER \\
  --principal-id <identity_store_user_id>`;
// The second --expression-attribute-values replaces the first.
const CLEAN_UP = `aws dynamodb update-item \\
  --table-name jit_requests \\
  --key '{"request_id":{"S":"REQUEST_ID"}}' \\
  --update-expression 'SET #s = :s, revoked_at = :t' \\
  --expression-attribute-names '{"#s":"status"}' \\
  --expression-attribute-values '{":s":{"S":"REVOKED"},":t":{"S":"2026-01-15T12:00:00Z"}}' \\
  --condition-expression '#s = :gs' \\
  --expression-attribute-values '{":s":{"S":"REVOKED"},":t":{"S":"2026-01-15T12:00:00Z"},":gs":{"S":"GRANTED"}}'`;
const CONFIRM_REMOVED = `aws sso-admin list-account-assignments \\
  --instance-arn <sso_instance_arn> \\
  --account-id <account_id> \\
  --permission-set-arn <permission_set_arn> \\
  | grep <user_id>`;
const CONFIRM_STATUS = `aws dynamodb get-item \\
  --table-name jit_requests \\
  --key '{"request_id":{"S":"REQUEST_ID"}}' \\
  --projection-expression "#s" \\
  --expression-attribute-names '{"#s":"status"}'`;
const CHECK_AUDIT = `aws dynamodb query \\
  --table-name jit_audit \\
  --key-condition-expression 'request_id = :rid' \\
  --expression-attribute-values '{":rid":{"S":"REQUEST_ID"}}'`;

const needed = { aws: COMMANDS.length > 0, java: hasDynamoDbLocal() };

describe.each(COMMANDS.length > 0 ? COMMANDS : ['aws'])(
  'the break-glass runbook with %s',
  needs(needed),
  (aws) => {
    let stage: LocalStage;
    beforeAll(async () => {
      // A machine that is slow just now must not lose its lead.
      stage = await openLocalStage({ LEASE_DURATION_MS: '60000' }, { alone: true });
    });
    afterAll(() => stage?.stop());

    /** A request that is granted. Each test has a user of its own. */
    const granted = async (user: 'ana' | 'dora' | 'cleo'): Promise<string> => {
      const wish = { requester_mm_user_id: `mm-${user}`, requester_email: DEMO_USERS[user].email };
      const id = await stage.ask(wish);
      await stage.approve(id);
      await stage.until(id, { status: 'GRANTED' });
      return id;
    };

    const isLive = async (user: 'ana' | 'dora' | 'cleo') =>
      (await stage.assignments()).some(
        (row) => row.principalId === DEMO_USERS[user].id && row.accountId === DEMO_ACCOUNTS.dev,
      );

    const run = (command: string, user: 'ana' | 'dora' | 'cleo', id = '') =>
      runInShell(
        command
          .replaceAll('REQUEST_ID', id)
          .replaceAll('<sso_instance_arn>', DEMO_INSTANCE_ARN)
          .replaceAll('<account_id>', DEMO_ACCOUNTS.dev)
          .replaceAll('<permission_set_arn>', DEMO_PERMISSION_SETS.jitAdmin)
          .replaceAll(/<(identity_store_)?user_id>/g, DEMO_USERS[user].id),
        stage.urls,
        aws,
      );

    /** "Should return empty": grep finds nothing and says so by its code. */
    const expectRemoved = async (user: 'ana' | 'dora' | 'cleo') =>
      expect(await run(CONFIRM_REMOVED, user)).toEqual({ code: 1, stdout: '', stderr: '' });

    test('option 1: the plugin revokes, and the assignment is removed', async () => {
      const id = await granted('ana');
      expect(await stage.revoke(id)).toMatchObject({ status: 'REVOKED' });
      const gone = await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
      expect(gone.removed_at).toEqual(expect.any(String));
      await expectRemoved('ana');
    });

    test('option 3a: what is deleted in AWS by hand is MISSING, and not created again', async () => {
      const id = await granted('dora');
      const deleted = await run(REMOVE, 'dora');
      expect(deleted).toMatchObject({ code: 0, stderr: '' });
      await stage.until(id, { assignment_status: 'MISSING', status: 'GRANTED' });
      // Ticks and sweeps go on meanwhile, and look at it again.
      await granted('ana');
      await expectRemoved('dora');
      expect(await stage.request(id)).toMatchObject({ assignment_status: 'MISSING' });
      // What the runbook asks for next closes the request.
      expect(await run(CLEAN_UP, 'dora', id)).toMatchObject({ code: 0, stderr: '' });
      await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
    });

    test('option 3c: a status typed into the table ends the access', async () => {
      const id = await granted('cleo');
      expect(await run(CLEAN_UP, 'cleo', id)).toEqual({ code: 0, stdout: '', stderr: '' });
      await eventually('the access to go', async () => ((await isLive('cleo')) ? undefined : true));
      await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
      await expectRemoved('cleo');
      const status = await run(CONFIRM_STATUS, 'cleo', id);
      expect(JSON.parse(status.stdout)).toEqual({ Item: { status: { S: 'REVOKED' } } });
      const audit = await run(CHECK_AUDIT, 'cleo', id);
      expect(actorsByEvent(audit.stdout)).toEqual([
        ['REQUESTED', 'cleo@example.com'],
        ['APPROVED', 'ben@example.com'],
        ['GRANTED', 'system'],
        ['REVOKED', 'hand edit'],
        ['REMOVED', 'system'],
      ]);
    });

    test('the aws commands that local mode prints are answered', async () => {
      const { code, stdout, stderr } = await runInShell(
        `set -e\n${awsCommands(stage.urls)}`,
        stage.urls,
        aws,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/"AccountAssignments": [\s\S]*"Items": /);
    });
  },
);

function actorsByEvent(printed: string): readonly (readonly [string, string])[] {
  const { Items } = JSON.parse(printed) as {
    Items: { event_type: { S: string }; actor_email: { S: string } }[];
  };
  return Items.map(({ event_type, actor_email }) => [event_type.S, actor_email.S]);
}

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a command as it is pasted; `aws` knows where to ask, as it would through its configuration. */
function runInShell(command: string, urls: LocalStage['urls'], aws: string): Promise<Ran> {
  const withEndpoint = `aws() {
    case "$1" in dynamodb) set -- "$@" --endpoint-url ${urls.dynamoDb} ;; *) set -- "$@" --endpoint-url ${urls.identityCenter} ;; esac
    command ${aws} "$@" --output json
  }`;
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    NO_PROXY: '127.0.0.1',
  };
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', `${withEndpoint}\n${command}`],
      { env, timeout: 300_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      },
    );
  });
}
