// The sender of metrics against a CloudWatch on loopback that reads what the real client sends, and misbehaves as AWS may.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, expect, test } from 'vitest';
import { CloudWatchLines } from '../../bench/cost/month-costs.ts';
import { createCloudWatchSender, SEND_INTERVAL_MS } from '../../src/aws/cloudwatch.ts';
import { metricData, type Sample } from '../../src/metric-data.ts';
import { metricSamples } from '../../src/metric-samples.ts';
import {
  CloudWatchMetrics,
  CloudWatchMetricsOfApi,
  CloudWatchMetricsOfReconciler,
  createMetrics,
  type Metrics,
} from '../../src/metrics.ts';
import { PUT_METRIC_DATA, readMetricData, type TakenDatum } from '../e2e/metric-data-on-the-wire.ts';
import { createVirtualClock } from '../virtual-clock.ts';

type Misbehaviour = (response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const THROTTLED: Misbehaviour = (response) =>
  void response
    .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
    .end('{"__type":"com.amazonaws.cloudwatch#ThrottlingException","message":"Rate exceeded"}');
const FAILING: Misbehaviour = (response) => void response.writeHead(500).end('{}');
const GARBAGE: Misbehaviour = (response) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>a proxy speaks</html>');
const RESET: Misbehaviour = (response) => void response.socket?.destroy();
const HANGING: Misbehaviour = () => undefined;

async function cloudWatch() {
  const taken: TakenDatum[] = [];
  const namespaces = new Set<string>();
  const state: { misbehaviour?: Misbehaviour; calls: number } = { calls: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    state.calls += 1;
    if (state.misbehaviour !== undefined) return state.misbehaviour(response);
    if (request.headers['x-amz-target'] !== PUT_METRIC_DATA) return FAILING(response);
    const bytes = Buffer.concat(chunks);
    const { namespace, data } = readMetricData(
      request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes,
    );
    namespaces.add(namespace);
    taken.push(...data);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new CloudWatchClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  closing.push(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  return { taken, namespaces, state, client };
}

function senderOf(
  { client }: { readonly client: CloudWatchClient },
  metrics: Metrics,
  names: readonly string[] = CloudWatchMetrics,
  deployment?: string,
) {
  const clock = createVirtualClock();
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const log = { info: say, warn: say, error: say, child: () => log };
  const sender = createCloudWatchSender({
    client,
    registry: metrics.registry,
    names,
    deployment,
    clock,
    log,
  });
  return { sender, clock, said };
}

const sumOf = (taken: readonly TakenDatum[], name: string) =>
  taken.filter((datum) => datum.name === name).reduce((sum, { value }) => sum + value, 0);

test('every starred metric arrives, zeros too, with its labels, a unit, the time and the deployment', async () => {
  const aws = await cloudWatch();
  const metrics = createMetrics();
  metrics.driftAssignments.set({ kind: 'orphaned' }, 3);
  metrics.lastPassTimestampSeconds.set(1_768_478_400);
  const { sender, clock } = senderOf(aws, metrics, CloudWatchMetrics, 'prod-jit');
  await sender.send();
  expect([...aws.namespaces]).toEqual(['JIT']);
  expect(new Set(aws.taken.map(({ name }) => name))).toEqual(new Set(CloudWatchMetrics));
  expect(aws.taken).toContainEqual({
    name: 'jit_drift_assignments',
    dimensions: { kind: 'orphaned', deployment: 'prod-jit' },
    atMs: clock.nowMs(),
    value: 3,
    unit: 'Count',
  });
  expect(aws.taken).toContainEqual({
    name: 'jit_last_pass_timestamp_seconds',
    dimensions: { deployment: 'prod-jit' },
    atMs: clock.nowMs(),
    value: 1_768_478_400,
    unit: 'None',
  });
  expect(aws.taken.find(({ name }) => name === 'jit_revocation_overdue_seconds')?.unit).toBe('Seconds');
});

test('the parts together send every starred metric, and none twice', () => {
  const both = [...CloudWatchMetricsOfApi, ...CloudWatchMetricsOfReconciler];
  expect(both.toSorted()).toEqual([...CloudWatchMetrics].toSorted());
});

test('the bill counts as many metrics as are sent', async () => {
  const sent = await metricSamples(createMetrics().registry, CloudWatchMetrics);
  expect(CloudWatchLines[0]?.sum).toMatch(new RegExp(`^${sent.length} × `));
});

test('what is counted is sent as its increase', async () => {
  const aws = await cloudWatch();
  const metrics = createMetrics();
  const { sender } = senderOf(aws, metrics, CloudWatchMetricsOfApi);
  for (const increase of [2, 0, 5]) {
    metrics.signatureRejections.inc({ reason: 'stale' }, increase);
    await sender.send();
  }
  const sent = aws.taken.filter(({ dimensions }) => dimensions.reason === 'stale');
  expect(sent.map(({ value }) => value)).toEqual([2, 0, 5]);
});

test.each([
  ['throttles', THROTTLED],
  ['fails', FAILING],
  ['answers garbage', GARBAGE],
  ['breaks the connection', RESET],
])(
  'nothing that was counted is lost while CloudWatch %s, and the log says so once',
  async (_what, misbehaviour) => {
    const aws = await cloudWatch();
    const metrics = createMetrics();
    const { sender, said } = senderOf(aws, metrics, CloudWatchMetricsOfApi);
    aws.state.misbehaviour = misbehaviour;
    metrics.signatureRejections.inc({ reason: 'replayed' }, 3);
    await sender.send();
    metrics.signatureRejections.inc({ reason: 'replayed' }, 4);
    await sender.send();
    delete aws.state.misbehaviour;
    await sender.send();
    expect(sumOf(aws.taken, 'jit_signature_rejections_total')).toBe(7);
    expect(aws.state.calls).toBe(3);
    expect(said).toEqual(['metrics cannot be sent to CloudWatch', 'metrics are sent to CloudWatch again']);
  },
);

test('a sending that hangs holds up nobody: the next is dropped, and the end does not wait for it', async () => {
  const aws = await cloudWatch();
  const { sender, clock } = senderOf(aws, createMetrics());
  aws.state.misbehaviour = HANGING;
  void sender.send();
  await sender.send();
  expect(aws.state.calls).toBeLessThanOrEqual(1);
  const stopped = clock.run(sender.stop());
  await stopped;
  expect(aws.state.calls).toBeLessThanOrEqual(1);
});

test('it sends twice a minute until it is stopped, and once more then', async () => {
  const sent: number[] = [];
  const clock = createVirtualClock();
  const metrics = createMetrics();
  const log = { info: () => {}, warn: () => {}, error: () => {}, child: () => log };
  const client = {
    send: async (command: { readonly input: unknown }) => {
      const { MetricData } = command.input as { readonly MetricData: readonly { readonly Value: number }[] };
      sent.push(MetricData[0]?.Value ?? Number.NaN);
    },
  } as unknown as CloudWatchClient;
  const sender = createCloudWatchSender({
    client,
    registry: metrics.registry,
    names: ['jit_leader'],
    clock,
    log,
  });
  metrics.leader.set(1);
  sender.start();
  await clock.advance(4 * SEND_INTERVAL_MS + 1);
  expect(sent).toEqual([1, 1, 1, 1]);
  const stopped = sender.stop();
  // As a leader does that ends: what it said until then is what counts.
  metrics.leader.set(0);
  await clock.run(stopped);
  await clock.advance(4 * SEND_INTERVAL_MS);
  expect(sent).toEqual([1, 1, 1, 1, 1]);
});

test('whether something was counted is known without sending it', async () => {
  const aws = await cloudWatch();
  const metrics = createMetrics();
  const { sender } = senderOf(aws, metrics, CloudWatchMetricsOfApi);
  expect(await sender.hasCounted()).toBe(false);
  metrics.signatureRejections.inc({ reason: 'stale' });
  expect(await sender.hasCounted()).toBe(true);
  await sender.send();
  expect(await sender.hasCounted()).toBe(false);
});

test('more than a thousand series go in several calls', async () => {
  const aws = await cloudWatch();
  const metrics = createMetrics();
  const names = ['jit_http_request_seconds'];
  const { sender } = senderOf(aws, metrics, [...CloudWatchMetrics, ...names]);
  const series =
    (await metrics.registry.getSingleMetric('jit_http_request_seconds')?.get())?.values.length ?? 0;
  expect(series).toBeGreaterThan(1_000);
  await sender.send();
  expect(aws.state.calls).toBeGreaterThan(1);
  expect(aws.taken.length).toBeGreaterThan(series);
});

test('metricData() names no deployment where there is none', () => {
  const samples: readonly Sample[] = [{ name: 'jit_leader', labels: {}, value: 1 }];
  expect(metricData(samples, new Map(), { nowMs: 0 })[0]?.datum.Dimensions).toEqual([]);
});
