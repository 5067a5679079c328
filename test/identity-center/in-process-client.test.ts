// What only the in-process door must do: give up when told to, while what was sent still arrives.

import { CreateAccountAssignmentCommand } from '@aws-sdk/client-sso-admin';
import { expect, test } from 'vitest';
import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import { createInProcessClients } from '../../local/identity-center/in-process-client.ts';
import { createIdentityCenterModel } from '../../local/identity-center/model.ts';
import { seededRandom } from './seeded-random.ts';
import { assignmentOf, CALM, inputOf, START_MS } from './stage.ts';
import { createVirtualClock } from './virtual-clock.ts';

function setDoor() {
  const clock = createVirtualClock(START_MS);
  const random = seededRandom(1);
  const model = createIdentityCenterModel({ random, organisation: DEMO_ORGANISATION, settings: CALM });
  const input = inputOf(assignmentOf());
  const command = new CreateAccountAssignmentCommand({
    ...input,
    TargetType: 'AWS_ACCOUNT',
    PrincipalType: 'USER',
  });
  return { clock, model, command, ...createInProcessClients({ model, clock }) };
}

test('send() rejects with AbortError when told to, and the late call takes effect all the same', async () => {
  const { clock, model, command, ssoAdmin } = setDoor();
  model.addFault({ operation: '*', fault: { kind: 'late-arrival', delayMs: 5_000 } });
  const controller = new AbortController();
  const sent = ssoAdmin.send(command, { abortSignal: controller.signal });
  controller.abort();
  await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
  clock.advance(5_000);
  await Promise.resolve();
  await Promise.resolve();
  clock.advance(1_000);
  expect(model.isAssigned(assignmentOf(), clock.nowMs())).toBe(true);
});

test('send() with a signal aborted before sends nothing', async () => {
  const { clock, model, command, ssoAdmin } = setDoor();
  await expect(ssoAdmin.send(command, { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(model.operationsInFlight(clock.nowMs())).toEqual([]);
});

test('send() of a slow answer waits on the clock', async () => {
  const { clock, model, command, ssoAdmin } = setDoor();
  model.addFault({ operation: '*', fault: { kind: 'slow-answer', delayMs: 5_000 } });
  let isAnswered = false;
  const sent = ssoAdmin.send(command).then(() => {
    isAnswered = true;
  });
  clock.advance(4_999);
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  clock.advance(1);
  await sent;
  expect(isAnswered).toBe(true);
});
