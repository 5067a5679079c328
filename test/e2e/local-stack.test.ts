// The quick start's story against everything at once: the real API, loop, tables and SDK, and the stand-ins for AWS and
// the plugin over HTTP.

import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePortProblems } from '../../local/check-ports.ts';
import {
  DEMO_ACCOUNTS,
  DEMO_GROUP,
  DEMO_ORGANISATION,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { portsOf } from '../../local/local-config.ts';
import { startLocalStack } from '../../local/local-stack.ts';
import { storyCommands } from '../../local/what-to-try.ts';
import { systemClock } from '../../src/aws/system-clock.ts';
import { createLog } from '../../src/log.ts';
import { needsTables } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { freePorts, type LocalStage, localConfig, openLocalStage } from './local-stage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ANAS_ACCESS = {
  accountId: DEMO_ACCOUNTS.dev,
  permissionSetArn: DEMO_PERMISSION_SETS.jitAdmin,
  principalType: 'USER',
  principalId: DEMO_USERS.ana.id,
};

const ASK = {
  account_id: DEMO_ACCOUNTS.dev,
  channel_id: 'demo',
  requester_mm_user_id: 'mm-ana',
  requester_email: DEMO_USERS.ana.email,
  reason: 'restart the queue',
  requested_duration_minutes: 60,
};

describe('startLocalStack()', needsTables(), () => {
  let stage: LocalStage;
  beforeAll(async () => {
    stage = await openLocalStage({}, { alone: true });
  });
  afterAll(() => stage?.stop());

  const statusesOf = (id: string) =>
    stage.messages
      .filter(({ notification }) => notification.request_id === id)
      .map((m) => m.notification.status);

  test('is ready with the demonstration bound, taken over and swept', async () => {
    const { status, body } = await stage.call('GET', '/config/accounts?channel_id=demo');
    expect(status).toBe(200);
    const { jitAdmin, jitReadOnly } = DEMO_PERMISSION_SETS;
    const bound = {
      approver_mm_user_ids: ['mm-ben', 'mm-cleo'],
      max_request_hours: 4,
      allow_self_approval: false,
    };
    expect(body).toMatchObject(
      [DEMO_ACCOUNTS.dev, DEMO_ACCOUNTS.staging].map((account_id) => ({
        ...bound,
        account_id,
        permission_set_arns: [jitAdmin, jitReadOnly],
      })),
    );
    expect(await stage.ops('GET', '/coverage')).toMatchObject({ status: 200 });
    const ready = await fetch(`${stage.urls.admin}/readyz`);
    expect(ready.status).toBe(200);
    expect(await (await fetch(`${stage.urls.admin}/metrics`)).text()).toMatch(/^jit_leader 1$/m);
  });

  test('grants what was asked and approved, and proves what was revoked', async () => {
    const id = await stage.ask();
    const own = { approver_mm_user_id: 'mm-ana', approver_email: DEMO_USERS.ana.email };
    expect(await stage.call('POST', `/requests/${id}/approve`, own)).toMatchObject({ status: 403 });
    expect(await stage.approve(id)).toMatchObject({ status: 'APPROVED' });
    expect(await stage.until(id, { status: 'GRANTED' })).toMatchObject({ assignment_status: 'LIVE' });
    expect(await stage.assignments()).toContainEqual(ANAS_ACCESS);
    expect(await stage.revoke(id)).toMatchObject({
      status: 'REVOKED',
      assignment_status: 'GONE',
      removed_at: expect.any(String),
      sessions_may_last_until: expect.any(String),
    });
    expect(await stage.assignments()).not.toContainEqual(ANAS_ACCESS);
    await eventually('both notifications', async () => (statusesOf(id).length >= 2 ? true : undefined));
    expect(statusesOf(id)).toEqual(['GRANTED', 'REVOKED']);
    const texts = stage.messages.map(({ text }) => text).filter((text) => text.includes(id));
    expect(texts[0]).toMatch(/^\[demo\] Access Granted by ben@example\.com/);
    expect(texts[1]).toMatch(/^\[demo\] Access Revoked by ben@example\.com/);
  });

  test('removes an orphan after its two sightings, and leaves what is not its own', async () => {
    const orphan = { ...ANAS_ACCESS, principalId: DEMO_USERS.dora.id };
    await stage.admin('POST', '/admin/assignments', orphan);
    await eventually('the orphan to go', async () => {
      const live = await stage.assignments();
      return live.some(({ principalId }) => principalId === orphan.principalId) ? undefined : true;
    });
    expect(await stage.assignments()).toEqual(expect.arrayContaining([...DEMO_ORGANISATION.assignments]));
    expect(await stage.assignments()).toHaveLength(DEMO_ORGANISATION.assignments.length);
    const { body } = await stage.ops('GET', '/drift');
    expect(JSON.stringify(body)).toContain(DEMO_GROUP.id);
  });

  test('carries the story out when its printed commands are copied', async () => {
    const { code, output } = await runShell(storyCommands(stage.urls));
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/"status": "GRANTED"/);
    expect(output).toMatch(/"removed_at"/);
  });

  test('logs no warning while all is well', () => {
    expect(stage.logged).toEqual([]);
  });
});

test('startLocalStack() in observe mode shows, and changes nothing', needsTables(), async () => {
  const stage = await openLocalStage({ RECONCILE_MODE: 'observe' });
  try {
    const orphan = { ...ANAS_ACCESS, principalId: DEMO_USERS.dora.id };
    await stage.admin('POST', '/admin/assignments', orphan);
    expect(await stage.call('POST', '/requests', ASK)).toMatchObject({ status: 503 });
    await eventually('the orphan to be shown', async () => {
      const { body } = await stage.ops('GET', '/drift');
      return JSON.stringify(body).includes(orphan.principalId) ? true : undefined;
    });
    expect(await stage.assignments()).toContainEqual(orphan);
  } finally {
    await stage.stop();
  }
});

describe('startLocalStack() that cannot go on', needsTables(), () => {
  const options = {
    clock: systemClock,
    log: createLog({ level: 'error', destination: { write: () => undefined }, clock: systemClock }),
    onMessage: () => undefined,
    onFailure: () => undefined,
  };

  test('stops what it had started and says why', async () => {
    const config = localConfig(await freePorts());
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(config.webhookPort, '127.0.0.1', resolve));
    await expect(startLocalStack({ ...options, config })).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => taken.close(resolve));
    expect(await describePortProblems(portsOf(config))).toEqual([]);
  });

  test('stops what it had started when told to give up', async () => {
    const config = localConfig(await freePorts());
    const starting = startLocalStack({ ...options, config, signal: AbortSignal.abort() });
    await expect(starting).rejects.toThrow('aborted');
    expect(await describePortProblems(portsOf(config))).toEqual([]);
  });
});

/** Through a pipe of the shell's own: what Node hands to a child is a socket, which no path such as /dev/stderr opens. */
function runShell(script: string): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const args = ['-c', 'set -o pipefail; sh -euc "$0" 2>&1 | cat', script];
  return new Promise((resolve) => {
    execFile('bash', args, { cwd: ROOT, env, timeout: 40_000 }, (error, output) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output });
    });
  });
}
