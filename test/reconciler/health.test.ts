import { afterEach, expect, test } from 'vitest';
import { type HealthServer, listenForHealth } from '../../reconciler/health.ts';
import { createMetrics } from '../../src/metrics.ts';

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function started(answers: { healthy?: boolean; ready?: boolean } = {}): Promise<string> {
  server = await listenForHealth(
    { host: '127.0.0.1', port: 0 },
    {
      isHealthy: () => answers.healthy ?? true,
      isReady: () => answers.ready ?? true,
      registry: createMetrics().registry,
    },
  );
  return `http://127.0.0.1:${server.port}`;
}

test('health says yes and no, each for itself', async () => {
  const url = await started({ ready: false });
  const alive = await fetch(`${url}/healthz`);
  expect([alive.status, await alive.json()]).toEqual([200, { status: 'ok' }]);
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable' }]);
  await server?.close();
  expect((await fetch(`${await started({ healthy: false })}/healthz?now`)).status).toBe(503);
});

test('metrics are all there at zero', async () => {
  const answer = await fetch(`${await started()}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const text = await answer.text();
  expect(text).toContain('jit_leader 0');
  expect(text).toContain('jit_passes_total{outcome="ok"} 0');
});

test('metrics that cannot be collected are a no, and not the end', async () => {
  const registry = { contentType: 'text/plain', metrics: () => Promise.reject(new Error('broken')) };
  const deps = { isHealthy: () => true, isReady: () => true, registry };
  server = await listenForHealth({ host: '127.0.0.1', port: 0 }, deps);
  expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(503);
});

test('nothing else is answered', async () => {
  const url = await started();
  expect((await fetch(`${url}/status`)).status).toBe(404);
  expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(404);
});

test('a port that is taken is said', async () => {
  await started();
  const address = { host: '127.0.0.1', port: server?.port ?? 0 };
  const deps = { isHealthy: () => true, isReady: () => true, registry: createMetrics().registry };
  await expect(listenForHealth(address, deps)).rejects.toThrow('EADDRINUSE');
});
