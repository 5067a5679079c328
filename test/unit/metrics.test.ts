import { expect, test } from 'vitest';
import { DriftKinds } from '../../src/drift.ts';
import {
  CallOutcomes,
  CloudWatchMetrics,
  createMetrics,
  HttpRoutes,
  HttpStatuses,
  IdentityCenterOperations,
} from '../../src/metrics.ts';
import { SignatureRejections } from '../../src/signature.ts';
import { projectFiles } from '../source-file.ts';

// The contract's list, written out, and the canary's: a metric that is renamed or lost here breaks somebody's alarm.
const LABELS_OF_METRIC: Record<string, string[]> = {
  jit_drift_assignments: ['kind'],
  jit_revocation_overdue_seconds: [],
  jit_revocations_overdue: [],
  jit_revocation_seconds: ['reason'],
  jit_grant_seconds: [],
  jit_requests: ['status'],
  jit_pass_seconds: [],
  jit_passes_total: ['outcome'],
  jit_last_pass_timestamp_seconds: [],
  jit_sweep_seconds: [],
  jit_last_full_sweep_timestamp_seconds: [],
  jit_sweep_unread_pairs: [],
  jit_withheld_revocations: ['reason'],
  jit_leader: [],
  jit_identity_center_calls_total: ['operation', 'outcome'],
  jit_identity_center_rate_limit: [],
  jit_operations_outstanding: [],
  jit_call_queue_length: ['priority'],
  jit_outbox_pending: [],
  jit_outbox_oldest_seconds: [],
  jit_notifications_total: ['outcome'],
  jit_signature_rejections_total: ['reason'],
  jit_http_request_seconds: ['route', 'method', 'status'],
  jit_stuck_operations: [],
  jit_canary_interval_seconds: [],
  jit_canary_grant_seconds: [],
  jit_canary_revocation_seconds: [],
  jit_clock_offset_seconds: [],
  jit_contested_assignments: [],
  jit_canary_last_closed_timestamp_seconds: [],
};

async function valuesOf(metrics: ReturnType<typeof createMetrics>, name: string) {
  const metric = await metrics.registry.getSingleMetric(name)?.get();
  return metric?.values ?? [];
}

test('createMetrics() has every metric of the contract and of the canary, and no other', async () => {
  const names = (await createMetrics().registry.getMetricsAsJSON()).map((metric) => metric.name);
  expect(names.toSorted()).toEqual(Object.keys(LABELS_OF_METRIC).toSorted());
});

test.each(Object.entries(LABELS_OF_METRIC))(
  'createMetrics() starts %s at zero with labels %j',
  async (name, labels) => {
    const values = await valuesOf(createMetrics(), name);
    expect(values.length).toBeGreaterThan(0);
    for (const series of values) {
      expect(series.value).toBe(0);
      expect(
        Object.keys(series.labels)
          .filter((label) => label !== 'le')
          .toSorted(),
      ).toEqual(labels.toSorted());
    }
  },
);

test('createMetrics() starts every combination of labels', async () => {
  const metrics = createMetrics();
  expect(await valuesOf(metrics, 'jit_drift_assignments')).toHaveLength(DriftKinds.length);
  expect(await valuesOf(metrics, 'jit_signature_rejections_total')).toHaveLength(SignatureRejections.length);
  expect(await valuesOf(metrics, 'jit_identity_center_calls_total')).toHaveLength(
    IdentityCenterOperations.length * CallOutcomes.length,
  );
  const text = await metrics.registry.metrics();
  expect(text.match(/^jit_http_request_seconds_count\{/gm)).toHaveLength(
    HttpRoutes.length * HttpStatuses.length,
  );
});

test('createMetrics() says with each metric what to do when it moves', async () => {
  for (const metric of await createMetrics().registry.getMetricsAsJSON()) {
    expect(metric.help, metric.name).toMatch(/^[A-Z1].*[.:] .+\.$/);
  }
});

test('createMetrics() keeps two registries apart', async () => {
  const one = createMetrics();
  const other = createMetrics();
  one.passes.inc({ outcome: 'ok' });
  one.driftAssignments.set({ kind: 'stuck' }, 3);
  one.httpRequestSeconds.observe({ method: 'GET', route: '/plan', status: 200 }, 0.3);
  const moved = (values: { value: number }[]) => values.filter((series) => series.value !== 0).length;
  for (const name of ['jit_passes_total', 'jit_drift_assignments']) {
    expect(moved(await valuesOf(one, name))).toBe(1);
    expect(moved(await valuesOf(other, name))).toBe(0);
  }
});

test('CloudWatchMetrics names metrics that exist', () => {
  const { registry } = createMetrics();
  for (const name of CloudWatchMetrics) expect(registry.getSingleMetric(name), name).toBeDefined();
});

test('every call to Identity Center that the code can make is counted', () => {
  const imports = projectFiles().flatMap(({ path, text }) =>
    path.startsWith('src/aws/')
      ? [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-sso-admin'/g)]
      : [],
  );
  const commands = imports.flatMap(([, names = '']) =>
    [...names.matchAll(/(\w+)Command\b/g)].map(([, name]) => name),
  );
  expect([...new Set(commands)].toSorted()).toEqual(IdentityCenterOperations.toSorted());
});
