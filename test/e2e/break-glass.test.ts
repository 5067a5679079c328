// Our own break-glass runbook, each `aws` command of it as it stands there, by somebody who has the operator's policy
// and nothing else. Each run of aws costs about a second of processor time, so one story holds them all.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { LocalKeys } from '../../local/local-keys.ts';
import { findAwsCommands, runAws } from '../identity-center/aws-command.ts';
import { openRecordingDoor, type RecordingDoor } from '../least-privilege/recording-door.ts';
import { isOnPath, needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { type LocalStage, openLocalStage } from './local-stage.ts';

const COMMANDS = findAwsCommands();
const needed = { aws: COMMANDS.length > 0, java: hasDynamoDbLocal(), openssl: isOnPath('openssl') };

const RUNBOOK = readFileSync(new URL('../../deploy/runbooks/break-glass-revoke.md', import.meta.url), 'utf8');
const BLOCKS = [...RUNBOOK.matchAll(/^ *```bash\n([\s\S]*?)^ *```/gm)].map(([, block = '']) => block);
const blockWith = (text: string) => BLOCKS.find((block) => block.includes(text)) ?? `exit 99 # ${text}`;

type FunctionEvent = {
  readonly requestContext: { readonly http: { readonly method: string; readonly path: string } };
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

describe.each(COMMANDS.length > 0 ? COMMANDS : ['aws'])(
  'deploy/runbooks/break-glass-revoke.md with %s',
  needs(needed),
  (aws) => {
    let stage: LocalStage;
    let lambda: AwsStandIn;
    let doors: { readonly dynamoDb: RecordingDoor; readonly identityCenter: RecordingDoor };
    let isVersion1: boolean;
    beforeAll(async () => {
      isVersion1 = (await runAws(aws, 'http://127.0.0.1:9', ['--version'])).stdout.startsWith('aws-cli/1');
      stage = await openLocalStage();
      lambda = await startAwsStandIn({ invoke: (event) => callApi(stage.urls.api, event as FunctionEvent) });
      doors = {
        dynamoDb: await openRecordingDoor(stage.urls.dynamoDb),
        identityCenter: await openRecordingDoor(stage.urls.identityCenter),
      };
    });
    afterAll(async () => {
      await Promise.all([doors?.dynamoDb.close(), doors?.identityCenter.close(), lambda?.close()]);
      await stage?.stop();
    });

    const granted = async (user: 'ana' | 'dora'): Promise<string> => {
      const wish = { requester_mm_user_id: `mm-${user}`, requester_email: DEMO_USERS[user].email };
      const id = await stage.ask(wish);
      await stage.approve(id);
      await stage.until(id, { status: 'GRANTED' });
      return id;
    };
    const run = (user: 'ana' | 'dora', id: string, ...blocks: readonly string[]) => {
      const script = blocks.join('\n');
      const endpoints = { dynamodb: doors.dynamoDb.url, lambda: lambda.url, sso: doors.identityCenter.url };
      // As the runbook says: version 1 does not know the option.
      const known = isVersion1 ? script.replace('--cli-binary-format raw-in-base64-out ', '') : script;
      const PREFIX = stage.tableNames.requests.replace(/requests$/, '');
      return runInShell(aws, known, endpoints, { PREFIX, REQUEST_ID: id, USER_ID: DEMO_USERS[user].id });
    };

    /** What happened, and by whom. */
    const trail = async (user: 'ana' | 'dora', id: string) => {
      const { stdout } = await run(user, id, blockWith('dynamodb query'));
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(1));
    };

    test('way 2 revokes through the function, and the verification shows the proof', async () => {
      const id = await granted('ana');
      const invoked = await run('ana', id, blockWith('sign()'), blockWith('aws lambda invoke'));
      expect(invoked).toMatchObject({ code: 0, stderr: '' });
      expect(invoked.stdout).toContain('"status":"REVOKED"'.replaceAll('"', '\\"'));
      await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
      const live = await run('ana', id, blockWith('list-account-assignments'));
      expect(live, 'grep finds nothing').toEqual({ code: 1, stdout: '', stderr: '' });
      const row = await run('ana', id, blockWith('dynamodb get-item'));
      expect(JSON.parse(row.stdout).Item).toMatchObject({
        status: { S: 'REVOKED' },
        assignment_status: { S: 'GONE' },
        removed_at: { S: expect.any(String) },
      });
      expect((await trail('ana', id)).map(([type]) => type).slice(-2)).toEqual(['REVOKED', 'REMOVED']);
    });

    test('way 3a ends the access in AWS, and 3c says in the table who ended it', async () => {
      const id = await granted('dora');
      expect(await run('dora', id, blockWith('delete-account-assignment'))).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(await run('dora', id, blockWith('dynamodb update-item'))).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
      expect(await trail('dora', id)).toContainEqual(['REVOKED', 'you@example.com']);
    });
  },
);

/** What the function does with its event, done by the API of the stage. */
async function callApi(url: string, { requestContext, body, headers }: FunctionEvent): Promise<unknown> {
  const { method, path } = requestContext.http;
  const json = { ...headers, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method, body, headers: json });
  return { statusCode: answer.status, body: await answer.text() };
}

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** As it is pasted; `aws` knows where to ask, as it would through its configuration. */
function runInShell(
  aws: string,
  script: string,
  urls: { readonly dynamodb: string; readonly lambda: string; readonly sso: string },
  variables: Readonly<Record<string, string>>,
): Promise<Ran> {
  const withEndpoint = `aws() {
    case "$1" in dynamodb) url=${urls.dynamodb} ;; lambda) url=${urls.lambda} ;; *) url=${urls.sso} ;; esac
    command ${aws} "$@" --endpoint-url "$url"
  }`;
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    NO_PROXY: '127.0.0.1',
    INSTANCE_ARN: DEMO_INSTANCE_ARN,
    PERMISSION_SET_ARN: DEMO_PERMISSION_SETS.jitAdmin,
    ACCOUNT_ID: DEMO_ACCOUNTS.dev,
    KEY_ID: LocalKeys.plugin.id,
    SECRET: LocalKeys.plugin.secret,
    ...variables,
  };
  return new Promise((resolve) => {
    // A pipe as in a terminal's pipeline: Node's own are sockets, which nobody can open as /dev/stdout.
    const argv = ['--norc', '-c', `set -o pipefail\n{ ${withEndpoint}\n${script}\n} | cat`];
    execFile('bash', argv, { env, timeout: 300_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}
