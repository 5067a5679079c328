// What alarms are made of: the real processes send it to a CloudWatch on loopback, each what is its own, and once more when
// they end.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CloudWatchMetricsOfApi, CloudWatchMetricsOfReconciler } from '../../src/metrics.ts';
import { needsTables } from '../test-tables.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { eventually } from './eventually.ts';
import type { Settings } from './local-stage.ts';
import { openWireStage, type WireStage } from './wire-stage.ts';

describe('metrics for CloudWatch', needsTables(), () => {
  let aws: AwsStandIn;
  let stage: WireStage;
  let env: Settings;
  beforeAll(async () => {
    aws = await startAwsStandIn({});
    env = {
      CLOUDWATCH_METRICS: 'on',
      CLOUDWATCH_DEPLOYMENT: 'end-to-end',
      AWS_ENDPOINT_URL_CLOUDWATCH: aws.url,
    };
    stage = await openWireStage({ api: { env } });
  });
  afterAll(async () => {
    await stage?.close();
    await aws?.close();
  });

  const last = (name: string) => aws.metrics.findLast((datum) => datum.name === name);
  const namesSince = (at: number) => new Set(aws.metrics.slice(at).map(({ name }) => name));

  test('the reconciler sends what it said while it led, though it ends', async () => {
    const reconciler = await stage.startReconciler({ env });
    await eventually('a sweep', async () => {
      const shown = await (await fetch(`${reconciler.adminUrl}/metrics`)).text();
      return /^jit_last_full_sweep_timestamp_seconds [1-9]/m.test(shown) ? true : undefined;
    });
    await reconciler.end('SIGTERM');
    expect(namesSince(0)).toEqual(new Set(CloudWatchMetricsOfReconciler));
    expect(last('jit_leader')).toMatchObject({ value: 1, dimensions: { deployment: 'end-to-end' } });
    const nowSeconds = Date.now() / 1000;
    expect(last('jit_last_pass_timestamp_seconds')?.value).toBeGreaterThan(nowSeconds - 60);
    expect(last('jit_last_full_sweep_timestamp_seconds')?.value).toBeGreaterThan(nowSeconds - 60);
  });

  test('an observer sends what it sees, and does not lead', async () => {
    const before = aws.metrics.length;
    const observer = await stage.startReconciler({ env: { ...env, RECONCILE_MODE: 'observe' } });
    await eventually('it to have seen the group that is foreign', async () => {
      const shown = await (await fetch(`${observer.adminUrl}/metrics`)).text();
      return /^jit_drift_assignments\{kind="foreign"\} [1-9]/m.test(shown) ? true : undefined;
    });
    await observer.end('SIGTERM');
    expect(namesSince(before)).toEqual(new Set(CloudWatchMetricsOfReconciler));
    expect(last('jit_leader')?.value).toBe(0);
    const foreign = aws.metrics.findLast(({ dimensions }) => dimensions.kind === 'foreign');
    expect(foreign?.value).toBe(1);
  });

  test('the API sends how many calls it refused, and nothing else', async () => {
    const before = aws.metrics.length;
    const headers = {
      'X-JIT-KeyID': 'local-plugin',
      'X-JIT-Timestamp': String(Math.floor(Date.now() / 1000)),
      'X-JIT-Nonce': 'a-nonce',
      'X-JIT-Signature': 'ab'.repeat(32),
    };
    const refused = await fetch(`${stage.urls.api}/config/accounts?channel_id=demo`, { headers });
    expect(refused.status).toBe(401);
    await stage.api.end('SIGTERM');
    expect(namesSince(before)).toEqual(new Set(CloudWatchMetricsOfApi));
    expect(aws.metrics.slice(before).filter(({ value }) => value !== 0)).toMatchObject([
      { value: 1, dimensions: { reason: 'wrong_signature', deployment: 'end-to-end' } },
    ]);
  });
});
