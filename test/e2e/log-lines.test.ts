// The log of the real processes over a request's life: JSON lines that lead from the call to the end of the access, and in none
// of them a secret, a signature or a nonce.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalKeys } from '../../local/local-keys.ts';
import { needsTables } from '../test-tables.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';

type Line = Readonly<Record<string, unknown>>;

function linesOf(output: string): readonly Line[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

describe('the log of a deployment', needsTables(), () => {
  let stage: WireStage;
  let reconciler: ReconcilerProcess;
  let id: string;
  beforeAll(async () => {
    stage = await openWireStage();
    reconciler = await stage.startReconciler();
    const { caller } = stage;
    id = await caller.ask();
    await caller.approve(id);
    await caller.until(id, { status: 'GRANTED' });
    await caller.revoke(id);
    await caller.until(id, { status: 'REVOKED', assignment_status: 'GONE' });
    const forged = {
      'X-JIT-KeyID': LocalKeys.plugin.id,
      'X-JIT-Timestamp': String(Math.floor(Date.now() / 1000)),
      'X-JIT-Nonce': 'nonce-of-a-thief',
      'X-JIT-Signature': 'ab'.repeat(32),
    };
    const refused = await fetch(`${stage.urls.api}/config/accounts?channel_id=demo`, { headers: forged });
    expect(refused.status).toBe(401);
    // Everything that is to be said has been.
    await reconciler.end('SIGTERM');
    await stage.api.end('SIGTERM');
  });
  afterAll(() => stage?.close());

  test('the API says which key asked for what, by the id of the request', () => {
    const told = linesOf(stage.api.output()).filter(({ request_id }) => request_id === id);
    const about = { message: 'a call was carried out', key_id: LocalKeys.plugin.id, method: 'POST' };
    expect(told).toMatchObject([
      { ...about, route: '/requests' },
      { ...about, route: '/requests/{id}/approve' },
      { ...about, route: '/requests/{id}/revoke' },
    ]);
  });

  test('the reconciler says what it did for it, each line with the pass that did it', () => {
    const told = linesOf(reconciler.output()).filter(
      ({ request_id, request_ids }) =>
        request_id === id || (Array.isArray(request_ids) && request_ids.includes(id)),
    );
    expect(told.length).toBeGreaterThanOrEqual(6);
    for (const line of told) expect(line.pass_id).toMatch(/^\d+\.\d+$/);
    const operations = told.filter(({ rule }) => rule === 'creating-succeeded' || rule === 'deleting-done');
    expect(new Set(operations.map(({ operation_id }) => operation_id)).size, 'AWS’s own ids').toBe(2);
  });

  test('every line is an entry with a time, a level and a message', () => {
    for (const process of [stage.api, reconciler]) {
      const lines = process
        .output()
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        const entry = JSON.parse(line) as Line;
        expect(entry).toMatchObject({ level: expect.any(String), message: expect.any(String) });
        expect(Date.parse(String(entry.time))).toBeGreaterThan(0);
      }
    }
  });

  test('no line holds a secret, a signature, a nonce, an address or what a person wrote', () => {
    const said = `${stage.api.output()}${reconciler.output()}`;
    for (const { secret } of Object.values(LocalKeys)) expect(said).not.toContain(secret);
    expect(said).not.toMatch(/[0-9a-f]{64}/);
    expect(said).not.toContain('nonce-of-a-thief');
    expect(said).not.toContain('@example.com');
    expect(said).not.toContain('restart the queue');
  });
});
