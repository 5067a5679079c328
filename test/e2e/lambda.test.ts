// Option 2 of the runbook: the built handler, loaded as Lambda loads it and given the runbook's exact event, flips the
// request; the loop removes the access. A second function runs the loop itself, within its time limit.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { LocalKeys } from '../../local/local-keys.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { signRequest } from '../../src/signature.ts';
import { built, ROOT } from '../built.ts';
import { openRecordingDoor } from '../least-privilege/recording-door.ts';
import { needsTables, tableSettings } from '../test-tables.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { type LocalStage, openLocalStage } from './local-stage.ts';

const run = promisify(execFile);

// What the Lambda runtime does: a fresh process of plain Node imports the module and calls its `handler`.
const RUNTIME = `
  const { handler } = await import(process.argv[1]);
  const deadline = Date.now() + 18_000;
  const answer = await handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => deadline - Date.now() });
  process.stdout.write('ANSWER ' + JSON.stringify(answer) + '\\n');
  process.exit(0);
`;

/** The event as it stands in the runbook, with its four places filled in. */
function runbookEvent(requestId: string): string {
  const body = '{"actor_mm_user_id":"admin","actor_email":"admin@company.com"}';
  return signedEvent(`/requests/${requestId}/revoke`, body);
}

function signedEvent(path: string, body: string): string {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomUUID();
  const { id, secret } = LocalKeys.plugin;
  const signature = signRequest({ secret, timestamp, nonce, method: 'POST', path, body });
  return JSON.stringify({
    requestContext: { http: { method: 'POST', path } },
    body,
    headers: {
      'X-JIT-KeyID': id,
      'X-JIT-Timestamp': timestamp,
      'X-JIT-Nonce': nonce,
      'X-JIT-Signature': signature,
    },
  });
}

/** A fresh process of the built function; what it answered. */
async function invokeFunction(
  part: 'api' | 'reconciler',
  stage: LocalStage,
  event: string,
): Promise<Record<string, unknown>> {
  const file = built(`${part}/lambda.ts`);
  const doors = {
    dynamoDb: await openRecordingDoor(stage.urls.dynamoDb),
    identityCenter: await openRecordingDoor(stage.urls.identityCenter),
  };
  const urls = { ...stage.urls, dynamoDb: doors.dynamoDb.url, identityCenter: doors.identityCenter.url };
  // Which part it is AWS tells by its key.
  const options = { cwd: ROOT, env: { ...environment({ ...stage, urls }), AWS_ACCESS_KEY_ID: part } };
  const argv = ['--input-type=module', '-e', RUNTIME, file, event];
  const { stdout } = await run(process.execPath, argv, options).finally(() =>
    Promise.all(Object.values(doors).map((door) => door.close())),
  );
  const line = stdout.split('\n').find((each) => each.startsWith('ANSWER '));
  return JSON.parse(line?.slice('ANSWER '.length).replace('undefined', 'null') ?? 'null');
}

let lambda: AwsStandIn;
beforeAll(async () => {
  lambda = await startAwsStandIn({});
});
afterAll(() => lambda?.close());

describe('api/lambda.ts, built', needsTables(), () => {
  let stage: LocalStage;
  beforeAll(async () => {
    stage = await openLocalStage();
  });
  afterAll(() => stage?.stop());

  const invoke = (event: string) => invokeFunction('api', stage, event);

  test('answers the runbook event with REVOKED, and the loop removes the access', async () => {
    const id = await stage.ask();
    await stage.approve(id);
    await stage.until(id, { status: 'GRANTED' });
    const event = runbookEvent(id);
    const answer = await invoke(event);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(String(answer.body))).toMatchObject({ request_id: id, status: 'REVOKED' });
    const gone = await stage.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
    expect(gone.removed_at).toBeDefined();
    expect(lambda.metrics, 'nothing was refused until now').toEqual([]);
    const again = await invoke(event);
    expect(again.statusCode, 'the same nonce again').toBe(401);
    const refused = lambda.metrics.filter(({ value }) => value !== 0);
    expect(refused).toMatchObject([
      { name: 'jit_signature_rejections_total', dimensions: { reason: 'replayed' }, value: 1 },
    ]);
  });

  test('refuses an event whose rawPath names something else than its path', async () => {
    const event = JSON.parse(runbookEvent(randomUUID()));
    const answer = await invoke(JSON.stringify({ ...event, rawPath: '/requests/other/revoke' }));
    expect(answer.statusCode).toBe(400);
  });

  test('changes nothing for an event of the previous workflows', async () => {
    const id = await stage.ask();
    const answer = await invoke(JSON.stringify({ action: 'revoke', request_id: id }));
    expect(answer).toEqual({ status: 'ignored', request_id: id });
    expect(await stage.request(id)).toMatchObject({ status: 'PENDING' });
  });
});

describe('reconciler/lambda.ts, built', needsTables(), () => {
  let stage: LocalStage;
  beforeAll(async () => {
    // An observer takes no lease: the function leads.
    stage = await openLocalStage({ RECONCILE_MODE: 'observe' });
  });
  afterAll(() => stage?.stop());

  test('runs the loop within its time limit, and gives the lease up at its end', async () => {
    const asked = await invokeFunction('api', stage, signedEvent('/requests', JSON.stringify(ANA_ASKS)));
    const { request_id: id } = JSON.parse(String(asked.body));
    const approval = '{"approver_mm_user_id":"mm-ben","approver_email":"ben@example.com"}';
    await invokeFunction('api', stage, signedEvent(`/requests/${id}/approve`, approval));
    expect(await stage.request(id)).toMatchObject({ status: 'APPROVED' });
    expect(lambda.invoked.at(-1), 'woken by the approval').toBe('jit-reconciler');
    const beganMs = performance.now();
    await invokeFunction('reconciler', stage, '{}');
    expect(performance.now() - beganMs).toBeLessThan(18_000);
    expect(await stage.request(id)).toMatchObject({ status: 'GRANTED', assignment_status: 'LIVE' });
    expect(stage.messages.map(({ notification }) => notification.status)).toEqual(['GRANTED']);
    const shown = lambda.metrics.findLast(({ name }) => name === 'jit_leader');
    expect(shown?.value, 'sent before it was frozen').toBe(1);
    const lease = await leaseOf(stage);
    expect(lease?.released).toBe(true);
  });
});

const ANA_ASKS = {
  account_id: '111111111111',
  channel_id: 'demo',
  requester_mm_user_id: 'mm-ana',
  requester_email: 'ana@example.com',
  reason: 'restart the queue',
  requested_duration_minutes: 60,
};

async function leaseOf({ urls, tableNames }: LocalStage): Promise<Record<string, unknown> | undefined> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const tables = createDocumentClient({ region: 'us-east-1', endpoint: urls.dynamoDb, credentials });
  return (await tables.send(new GetCommand({ TableName: tableNames.control, Key: { name: 'leader' } }))).Item;
}

/** The function's environment, without anything of this machine but the path. */
function environment({ urls, tableNames }: Pick<LocalStage, 'urls' | 'tableNames'>): NodeJS.ProcessEnv {
  const ports = {
    LOCAL_DYNAMODB_PORT: new URL(urls.dynamoDb).port,
    LOCAL_IDENTITY_CENTER_PORT: new URL(urls.identityCenter).port,
  };
  return {
    ...{
      PATH: process.env.PATH,
      ...lambdaEnvironment(ports),
      ...tableSettings(tableNames),
      PLUGIN_WEBHOOK_URL: urls.webhook,
    },
    ...{ RECONCILER_FUNCTION_NAME: 'jit-reconciler', AWS_ENDPOINT_URL_LAMBDA: lambda.url },
    ...{ CLOUDWATCH_METRICS: 'on', AWS_ENDPOINT_URL_CLOUDWATCH: lambda.url },
  };
}
