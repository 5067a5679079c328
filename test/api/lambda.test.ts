import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { readLambdaEvent } from '../../api/lambda-event.ts';
import { createLambdaHandler } from '../../api/lambda-handler.ts';
import { signRequest } from '../../src/signature.ts';
import { createApiWorld, PLUGIN } from './api-world.ts';

type Result = { statusCode: number; body: string; headers: Record<string, string> };

function createFunction() {
  const world = createApiWorld();
  let settle: Promise<void> = Promise.resolve();
  const handler = createLambdaHandler({
    app: createApp(world.deps),
    nudge: world.deps.nudge,
    settled: () => settle,
    timer: world.clock,
  });
  return {
    world,
    invoke: (event: unknown) => world.clock.run(handler(event)) as Promise<Result>,
    hang: () => {
      settle = new Promise(() => undefined);
    },
  };
}

/** The event of the runbook, to the letter, but for the id and the four values that have to be valid. */
function runbookEvent(requestId: string, change: { readonly body?: string; readonly path?: string } = {}) {
  const path = change.path ?? `/requests/${requestId}/revoke`;
  const body = '{"actor_mm_user_id":"admin","actor_email":"admin@company.com"}';
  const nonce = `n-${Math.random()}`;
  const timestamp = '1768478400';
  const signature = signRequest({ timestamp, nonce, method: 'POST', path, body, secret: PLUGIN.secret });
  return {
    requestContext: { http: { method: 'POST', path } },
    body: change.body ?? body,
    headers: {
      'X-JIT-KeyID': PLUGIN.keyId,
      'X-JIT-Timestamp': timestamp,
      'X-JIT-Nonce': nonce,
      'X-JIT-Signature': signature,
    },
  };
}

describe('the jit-api function', () => {
  test("answers the runbook's event, which has no version, no rawPath and no content type", async () => {
    const { world, invoke } = createFunction();
    const id = await world.anaHasAsked();
    const event = runbookEvent(id);
    expect(Object.keys(event)).toEqual(['requestContext', 'body', 'headers']);
    const result = await invoke(event);
    expect(result.statusCode).toBe(200);
    expect(JSON.parse(result.body)).toMatchObject({ request_id: id, status: 'REVOKED' });
    expect(world.row(id).revoked_by).toBe('admin@company.com');
    expect((await invoke(event)).statusCode).toBe(401);
  });

  test('answers what API Gateway sends, with the body in base64 or plain', async () => {
    const { world, invoke } = createFunction();
    for (const isBase64Encoded of [true, false]) {
      const id = await world.anaHasAsked();
      const event = runbookEvent(id);
      const result = await invoke({
        ...event,
        version: '2.0',
        routeKey: '$default',
        rawPath: `/requests/${id}/revoke`,
        rawQueryString: '',
        isBase64Encoded,
        body: isBase64Encoded ? Buffer.from(event.body).toString('base64') : event.body,
        headers: { ...event.headers, 'content-type': 'application/json', 'content-length': '99999999' },
      });
      expect(result.statusCode).toBe(200);
    }
  });

  test('verifies and routes the path of requestContext.http and no other', async () => {
    const { world, invoke } = createFunction();
    const [signed, other] = [await world.anaHasAsked(), await world.anaHasAsked()];
    const event = runbookEvent(signed);
    expect((await invoke({ ...event, rawPath: `/requests/${other}/revoke` })).statusCode).toBe(400);
    const smuggled = {
      ...event,
      requestPath: `/requests/${other}/revoke`,
      path: `/requests/${other}/revoke`,
      httpMethod: 'GET',
      multiValueHeaders: { 'x-jit-keyid': ['other'] },
    };
    expect((await invoke(smuggled)).statusCode).toBe(200);
    expect([world.row(signed).status, world.row(other).status]).toEqual(['REVOKED', 'PENDING']);
  });

  test('gives the shape of an event no authority', async () => {
    const { world, invoke } = createFunction();
    const id = await world.anaHasAsked();
    const { headers: _headers, ...unsigned } = runbookEvent(id);
    expect((await invoke(unsigned)).statusCode).toBe(401);
    expect((await invoke(runbookEvent(id, { body: '{"actor_email":"eve@x.y"}' }))).statusCode).toBe(401);
    const { headers, ...rest } = runbookEvent(id);
    const twice = { ...rest, headers: { ...headers, 'x-jit-nonce': 'other' } };
    expect((await invoke(twice)).statusCode).toBe(401);
    expect(world.row(id).status).toBe('PENDING');
  });

  test('answers reads with their query', async () => {
    const { invoke } = createFunction();
    const path = '/config/accounts';
    const signed = {
      timestamp: '1768478400',
      nonce: 'n',
      method: 'GET',
      path,
      body: '',
      secret: PLUGIN.secret,
    };
    const result = await invoke({
      requestContext: { http: { method: 'GET', path } },
      rawQueryString: 'channel_id=demo',
      headers: {
        'X-JIT-KeyID': PLUGIN.keyId,
        'X-JIT-Timestamp': signed.timestamp,
        'X-JIT-Nonce': signed.nonce,
        'X-JIT-Signature': signRequest(signed),
      },
    });
    expect(JSON.parse(result.body)).toHaveLength(2);
  });

  test('ignores the steps of old workflows, but has the request looked at', async () => {
    const { world, invoke } = createFunction();
    const id = await world.anaHasAsked();
    const before = world.row(id);
    expect(await invoke({ action: 'revoke', request_id: id })).toEqual({ status: 'ignored', request_id: id });
    expect(await invoke({ action: 'grant', ...runbookEvent(id) })).toEqual({
      status: 'ignored',
      request_id: '',
    });
    expect(world.row(id)).toEqual(before);
    expect(world.nudges).toEqual([{ request_id: id }]);
  });

  test.each([
    undefined,
    null,
    'text',
    {},
    { requestContext: {} },
    { requestContext: { http: { method: 'GET' } } },
    { Records: [] },
  ])('answers 400 for the event %j', async (event) => {
    const { invoke } = createFunction();
    const result = await invoke(event);
    expect(result.statusCode).toBe(400);
    expect(JSON.parse(result.body).message).toContain('requestContext.http');
  });

  test('waits a second at most for nudges that are on their way', async () => {
    const { world, invoke, hang } = createFunction();
    const id = await world.anaHasAsked();
    hang();
    expect((await invoke(runbookEvent(id))).statusCode).toBe(200);
    expect(world.clock.elapsedMs()).toBe(1000);
  });
});

describe('readLambdaEvent()', () => {
  test('keeps the bytes of a body, whatever they are', () => {
    const body = Buffer.from([0xff, 0x00, 0x7b]);
    const request = readLambdaEvent({
      requestContext: { http: { method: 'post', path: '/x' } },
      body: body.toString('base64'),
      isBase64Encoded: true,
    });
    expect(request).toMatchObject({
      kind: 'call',
      event: { body, requestContext: { http: { method: 'POST' } } },
    });
  });
});
