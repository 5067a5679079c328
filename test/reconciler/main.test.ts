import { expect, test } from 'vitest';
import { countCalls } from '../../reconciler/count-calls.ts';
import { listLiveOutOfScope, whyStuckOutOfScope } from '../../reconciler/live-out-of-scope.ts';
import { reconcilerSettingsOf } from '../../reconciler/reconciler-settings-of.ts';
import { newObserverRole, startReconciler } from '../../reconciler/start-reconciler.ts';
import { UNMEASURED } from '../../src/clock-offset.ts';
import { parseReconcilerConfig, type ReconcilerConfig } from '../../src/config.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../../src/ledger.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Row } from '../../src/store.ts';
import { createModelStore } from '../model-store.ts';
import { ADMIN, ANA, createWorld, DEV, PERMANENT, STAGING } from '../world.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  SSO_INSTANCE_ARN: 'arn:aws:sso:::instance/ssoins-1111222233334444',
  IDENTITY_STORE_ID: 'd-1234567890',
  PERMISSION_SET_ARN: ADMIN,
  RECONCILE_MODE: 'enforce',
  PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
  CALLBACK_KEYS_FILE: '/run/keys/callback',
};

function configOf(change: Record<string, string> = {}): ReconcilerConfig {
  const parsed = parseReconcilerConfig({ ...ENVIRONMENT, ...change });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
}

test('reconcilerSettingsOf() adds the skew to the grace, and watches for two leases and the grace', () => {
  const config = configOf({
    ORPHAN_GRACE_MS: '60000',
    CLOCK_SKEW_MS: '30000',
    LEASE_DURATION_MS: '15000',
    PENDING_TTL_HOURS: '2',
  });
  const settings = reconcilerSettingsOf(config);
  expect(settings.policy).toEqual({
    scope: config.scope,
    graceMs: 90_000,
    skewMs: 30_000,
    watchMs: 120_000,
    pendingTtlMs: 7_200_000,
    defaultPermissionSetArn: ADMIN,
  });
  expect(settings.limits).toEqual({ count: 5, share: 0.1 });
});

test('countCalls() counts known operations by outcome and leaves others out', async () => {
  const metrics = createMetrics();
  const count = countCalls(metrics);
  count('ListAccountAssignments', 'ok');
  count('ListAccountAssignments', 'throttled');
  count('DeleteEverything', 'ok');
  const text = await metrics.registry.metrics();
  expect(text).toContain('{operation="ListAccountAssignments",outcome="ok"} 1');
  expect(text).toContain('{operation="ListAccountAssignments",outcome="throttled"} 1');
  expect(text).not.toContain('DeleteEverything');
});

const SCOPE = { permissionSetArns: [ADMIN], excludedAccountIds: [STAGING], protectedPrincipalIds: [] };

function ledgerRow(account: string, set: string, change: Row = {}): Row {
  const pair = `${account}#${set}`;
  return {
    assignment_id: `${pair}#${ANA.id}`,
    pair,
    version: 1,
    stage: 'REST',
    entries: { r1: { phase: 'GRANTED', until: '2026-01-15T14:00:00Z' } },
    ...change,
  };
}

function ledger(account: string, set: string, change: Row = {}): Ledger {
  const parsed = parseLedgerRow(ledgerRow(account, set, change));
  if (isMalformedLedger(parsed)) throw new Error(parsed.malformed);
  return parsed;
}

const WAITING = { entries: { r1: { phase: 'WAITING', until: '2026-01-15T14:00:00Z' } } };

test.each([
  [
    'granted, the permission set no longer managed',
    ledger(DEV, PERMANENT),
    'the permission set is not managed',
  ],
  ['granted, the account excluded since', ledger(STAGING, ADMIN), 'the account is not managed'],
  ['granted and managed', ledger(DEV, ADMIN), undefined],
  ['never created', ledger(DEV, PERMANENT, WAITING), undefined],
  [
    'being created',
    ledger(DEV, PERMANENT, { ...WAITING, stage: 'CREATING' }),
    'the permission set is not managed',
  ],
  ['nothing known', ledger(DEV, PERMANENT, { entries: {} }), undefined],
])('whyStuckOutOfScope(): %s', (_case, row, why) => {
  expect(whyStuckOutOfScope(row, SCOPE)).toBe(why);
});

test('listLiveOutOfScope() counts all and names the first twenty', async () => {
  const store = createModelStore();
  const accounts = Array.from({ length: 30 }, (_, n) => String(100_000_000_000 + n));
  store.load('assignments', [
    ...accounts.map((account) => ledgerRow(account, PERMANENT)),
    ledgerRow(DEV, ADMIN),
    { assignment_id: 'nonsense', pair: 'nonsense' },
  ]);
  const found = await listLiveOutOfScope(store, SCOPE);
  expect(found.count).toBe(30);
  expect(found.first).toHaveLength(20);
});

test('startReconciler() leads where it enforces, and where it observes it takes no lease', async () => {
  const world = await createWorld();
  const neverCalled = () => Promise.reject(new Error('AWS is down'));
  const { openIdentityCenter } = await import('../../src/aws/open-identity-center.ts');
  const deps = (mode: string) => ({
    config: configOf({ RECONCILE_MODE: mode }),
    store: world.store,
    clock: world.clock,
    clockState: () => UNMEASURED,
    metrics: createMetrics(),
    log: world.api.log,
    openIdentityCenter: () =>
      openIdentityCenter({
        send: neverCalled,
        instanceArn: ENVIRONMENT.SSO_INSTANCE_ARN,
        clock: world.clock,
        ratePerSecond: 15,
        outstandingMax: 10,
        sweepShare: 0.3,
        onCall: () => undefined,
      }),
  });
  const options = { holder: 'one', random: () => 0.5 };

  const observing = deps('observe');
  const observer = startReconciler(observing, newObserverRole(observing), options);
  await world.advance(60_000);
  expect(observer.isHealthy()).toBe(true);
  expect(world.control('leader')).toBeUndefined();
  await world.clock.run(observer.stop());

  const send = () => Promise.reject(new Error('nothing to send'));
  const enforcer = startReconciler(deps('enforce'), { mode: 'enforce', send }, options);
  await world.advance(5_000);
  expect(world.control('leader')).toMatchObject({ holder: 'one' });
  await world.clock.run(enforcer.stop());
  expect(world.control('leader')).toMatchObject({ released: true });
});
