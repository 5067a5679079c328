// The whole process killed in the middle of ten grants and ten revocations, and started again on what it had written.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_ACCOUNTS } from '../../local/identity-center/demo-organisation.ts';
import { startWebhook, type Webhook } from '../../local/webhook.ts';
import { createDynamoDbStore } from '../../src/aws/dynamodb-store.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import type { Store } from '../../src/store.ts';
import { createTestClient, needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { createLocalCaller, type Fields, type LocalCaller } from './local-caller.ts';
import { type LocalProcess, startLocalProcess } from './local-process.ts';
import { FAST, freePorts, localConfig, type Settings } from './local-stage.ts';
import { expectSettled, untilAll } from './settled.ts';
import { approve, ask, askAndApprove, MANAGED_SETS, wishesIn } from './wish.ts';

/** Long enough to be killed in, at half or at one and a half of it. */
const SLOW_MS = 1_500;

/** Two tens of assignments, each spread over all accounts: operations go one at a time in each. */
const WISHES = wishesIn(Object.values(DEMO_ACCOUNTS));
const [TO_REVOKE, TO_GRANT] = [WISHES.slice(0, 10), WISHES.slice(10, 20)];

describe('local mode killed with ten grants and ten revocations under way', needsTables(), () => {
  let dataDir: string;
  let webhook: Webhook;
  let settings: Settings;
  let local: LocalProcess | undefined;
  let caller: LocalCaller;
  let store: Store;
  const told = new Map<string, string[]>();

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'kill-9-'));
    webhook = await startWebhook({
      port: 0,
      clock: systemClock,
      onMessage: (_text, { request_id, status }) => {
        told.set(request_id, [...(told.get(request_id) ?? []), status]);
      },
    });
    settings = {
      ...FAST,
      ...(await freePorts()),
      LOCAL_DATA_DIR: dataDir,
      PLUGIN_WEBHOOK_URL: webhook.url,
      REVOKE_WAIT_MS: '0',
    };
    const { app, dynamoDbPort, identityCenterPort } = localConfig(settings);
    const at = (port: number) => `http://127.0.0.1:${port}`;
    caller = createLocalCaller({ api: at(app.api.port), identityCenter: at(identityCenterPort) });
    store = createDynamoDbStore({ client: createTestClient(at(dynamoDbPort)), tableNames: app.tables });
  });
  afterAll(async () => {
    await local?.kill();
    await webhook?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('settles on what was wanted, audits each transition once, and tells each in order', async () => {
    local = startLocalProcess(settings);
    await local.ready();
    await bindProd(caller);
    const revoked = await Promise.all(TO_REVOKE.map((wish) => askAndApprove(caller, wish)));
    await untilAll(caller, revoked, { status: 'GRANTED' });
    await caller.admin('PUT', '/admin/settings', { operationMs: SLOW_MS });
    const granted = await Promise.all(TO_GRANT.map((wish) => ask(caller, wish)));
    await Promise.all([
      ...granted.map((asked) => approve(caller, asked)),
      ...revoked.map(({ id }) => caller.revoke(id)),
    ]);
    await untilOperations(caller, Object.keys(DEMO_ACCOUNTS).length);

    await local.kill();
    local = startLocalProcess({ ...settings, LOCAL_OPERATION_MS: String(SLOW_MS) });
    await untilSomeSettled(caller);
    await local.kill();
    local = startLocalProcess(settings);
    await local.ready();

    await expectSettled({ caller, store, told }, { granted, revoked });

    const { code, tookMs } = await local.terminate();
    expect({ code, output: local.output().split('\n').at(-2) }).toEqual({ code: 0, output: 'stopped' });
    expect(tookMs).toBeLessThan(10_000);
  });
});

/** In the demonstration prod is bound to nothing. */
async function bindProd(caller: LocalCaller): Promise<void> {
  const binding = { channel_id: 'demo', account_id: DEMO_ACCOUNTS.prod };
  const approvers = { channel_id: 'demo', approver_ids: ['mm-ben', 'mm-cleo'] };
  const answers = [
    await caller.call('POST', '/config/bind', binding),
    await caller.call('POST', '/config/approvers', approvers),
    await caller.ops('POST', '/config/settings', { ...binding, permission_set_arns: MANAGED_SETS }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
}

async function untilOperations(caller: LocalCaller, atLeast: number): Promise<void> {
  await eventually(`${atLeast} operations under way`, async () => {
    const flying = (await caller.admin('GET', '/admin/operations')) as unknown[];
    return flying.length >= atLeast ? true : undefined;
  });
}

/** It is not ready yet when that happens: the first sweep looks at all of them. */
function untilSomeSettled(caller: LocalCaller): Promise<true> {
  const look = async () => {
    const listed = await caller.call('GET', '/requests?channel_id=demo&limit=200').catch(() => undefined);
    const items = (listed?.body.items ?? []) as Fields[];
    const states = items.map(({ status, assignment_status: observed }) => `${status} ${observed}`);
    const settled = states.filter((state) => state === 'GRANTED LIVE' || state === 'REVOKED GONE').length;
    if (settled > items.length / 2) throw new Error('it settled too quickly to be killed at its work');
    return settled > 0 ? true : undefined;
  };
  return eventually('some to be settled and others not', look, { withinMs: 30_000 });
}
