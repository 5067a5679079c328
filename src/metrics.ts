// Every number that is watched. Each exists at zero from the start, so that an alert on a missing one means something;
// label values come from closed lists, so that no caller can add series without end. It decides nothing.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type DriftKind, DriftKinds, type WithheldReason, WithheldReasons } from './drift.ts';
import { Priorities, type Priority } from './priority.ts';
import { type RequestStatus, RequestStatuses } from './request.ts';
import { type SignatureRejection, SignatureRejections } from './signature.ts';

/** Why access was removed: `error` is access of a request that failed, `orphaned` what no request explains. */
export const RevocationReasons = ['revoked', 'expired', 'error', 'orphaned'] as const;
export const PassOutcomes = ['ok', 'failed'] as const;
export const IdentityCenterOperations = [
  'CreateAccountAssignment',
  'DeleteAccountAssignment',
  'DescribeAccountAssignmentCreationStatus',
  'DescribeAccountAssignmentDeletionStatus',
  'DescribePermissionSet',
  'ListAccountAssignmentCreationStatus',
  'ListAccountAssignmentDeletionStatus',
  'ListAccountAssignments',
  'ListAccountAssignmentsForPrincipal',
  'ListAccountsForProvisionedPermissionSet',
  'ListPermissionSets',
] as const;
/** `already_so`, `not_yet`, `later` and `refused` are the classes of errors; throttling is `later`, counted apart. */
export const CallOutcomes = ['ok', 'already_so', 'not_yet', 'throttled', 'later', 'refused'] as const;
/** `refused`: the plugin answered, and not with 200. `unreachable`: no answer in time. */
export const NotificationOutcomes = ['accepted', 'refused', 'unreachable'] as const;

/** The routes of the API. Whatever else is asked for is counted as `OTHER` `unmatched`. */
export const HttpRoutes = [
  { method: 'POST', route: '/requests' },
  { method: 'GET', route: '/requests' },
  { method: 'GET', route: '/requests/{id}' },
  { method: 'POST', route: '/requests/{id}/approve' },
  { method: 'POST', route: '/requests/{id}/deny' },
  { method: 'POST', route: '/requests/{id}/revoke' },
  { method: 'POST', route: '/config/bind' },
  { method: 'POST', route: '/config/approvers' },
  { method: 'GET', route: '/config/accounts' },
  { method: 'POST', route: '/config/unbind' },
  { method: 'POST', route: '/config/settings' },
  { method: 'POST', route: '/reconcile' },
  { method: 'GET', route: '/reconcile/{pass_id}' },
  { method: 'GET', route: '/plan' },
  { method: 'GET', route: '/drift' },
  { method: 'GET', route: '/coverage' },
  { method: 'GET', route: '/status' },
  { method: 'POST', route: '/users/revoke' },
  { method: 'POST', route: '/users/unfreeze' },
  { method: 'GET', route: '/audit' },
  { method: 'GET', route: '/openapi.json' },
  { method: 'OTHER', route: 'unmatched' },
] as const;
export const HttpStatuses = [200, 201, 202, 400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 503] as const;

/** What is also sent to CloudWatch, for those whose alarms live there. The API counts rejections, the reconciler all else. */
export const CloudWatchMetrics = [
  'jit_drift_assignments',
  'jit_revocation_overdue_seconds',
  'jit_revocations_overdue',
  'jit_last_pass_timestamp_seconds',
  'jit_last_full_sweep_timestamp_seconds',
  'jit_withheld_revocations',
  'jit_leader',
  'jit_outbox_pending',
  'jit_signature_rejections_total',
  'jit_stuck_operations',
] as const;
export const CloudWatchMetricsOfApi = ['jit_signature_rejections_total'] as const;
export const CloudWatchMetricsOfReconciler = CloudWatchMetrics.filter(
  (name) => !CloudWatchMetricsOfApi.some((own) => own === name),
);

type Level = { set(value: number): void };
type LevelBy<Labels> = { set(labels: Labels, value: number): void };
type CountBy<Labels> = { inc(labels: Labels, by?: number): void };
type Duration = { observe(seconds: number): void };
type DurationBy<Labels> = { observe(labels: Labels, seconds: number): void };

/** Levels are set, counts raised, durations observed in seconds; instants are epoch seconds. */
export type Metrics = {
  readonly registry: Registry;
  readonly driftAssignments: LevelBy<{ readonly kind: DriftKind }>;
  readonly revocationOverdueSeconds: Level;
  readonly revocationsOverdue: Level;
  readonly revocationSeconds: DurationBy<{ readonly reason: (typeof RevocationReasons)[number] }>;
  readonly grantSeconds: Duration;
  readonly requests: LevelBy<{ readonly status: RequestStatus }>;
  readonly passSeconds: Duration;
  readonly passes: CountBy<{ readonly outcome: (typeof PassOutcomes)[number] }>;
  readonly lastPassTimestampSeconds: Level;
  readonly sweepSeconds: Duration;
  readonly lastFullSweepTimestampSeconds: Level;
  readonly sweepUnreadPairs: Level;
  readonly withheldRevocations: LevelBy<{ readonly reason: WithheldReason }>;
  readonly leader: Level;
  readonly identityCenterCalls: CountBy<{
    readonly operation: (typeof IdentityCenterOperations)[number];
    readonly outcome: (typeof CallOutcomes)[number];
  }>;
  readonly identityCenterRateLimit: Level;
  readonly operationsOutstanding: Level;
  readonly callQueueLength: LevelBy<{ readonly priority: Priority }>;
  readonly outboxPending: Level;
  readonly outboxOldestSeconds: Level;
  readonly notifications: CountBy<{ readonly outcome: (typeof NotificationOutcomes)[number] }>;
  readonly signatureRejections: CountBy<{ readonly reason: SignatureRejection }>;
  readonly httpRequestSeconds: DurationBy<
    (typeof HttpRoutes)[number] & { readonly status: (typeof HttpStatuses)[number] }
  >;
  readonly stuckOperations: Level;
  readonly clockOffsetSeconds: Level;
  readonly contestedAssignments: Level;
  readonly canaryIntervalSeconds: Level;
  readonly canaryGrantSeconds: Level;
  readonly canaryRevocationSeconds: Level;
  readonly canaryLastClosedTimestampSeconds: Level;
};

/** All metrics at zero, in a registry of their own: two of them in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const level = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const duration = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers: [registry] });
  return {
    registry,
    driftAssignments: levelBy(registry, 'jit_drift_assignments', HELP.drift, by('kind', DriftKinds)),
    revocationOverdueSeconds: level('jit_revocation_overdue_seconds', HELP.overdueSeconds),
    revocationsOverdue: level('jit_revocations_overdue', HELP.overdue),
    revocationSeconds: durationBy(registry, 'jit_revocation_seconds', HELP.revocation, {
      buckets: ENDING_BUCKETS,
      series: by('reason', RevocationReasons),
    }),
    grantSeconds: duration('jit_grant_seconds', HELP.grant, ENDING_BUCKETS),
    requests: levelBy(registry, 'jit_requests', HELP.requests, by('status', RequestStatuses)),
    passSeconds: duration('jit_pass_seconds', HELP.pass, PASS_BUCKETS),
    passes: countBy(registry, 'jit_passes_total', HELP.passes, by('outcome', PassOutcomes)),
    lastPassTimestampSeconds: level('jit_last_pass_timestamp_seconds', HELP.lastPass),
    sweepSeconds: duration('jit_sweep_seconds', HELP.sweep, SWEEP_BUCKETS),
    lastFullSweepTimestampSeconds: level('jit_last_full_sweep_timestamp_seconds', HELP.lastSweep),
    sweepUnreadPairs: level('jit_sweep_unread_pairs', HELP.unread),
    withheldRevocations: levelBy(
      registry,
      'jit_withheld_revocations',
      HELP.withheld,
      by('reason', WithheldReasons),
    ),
    leader: level('jit_leader', HELP.leader),
    identityCenterCalls: countBy(
      registry,
      'jit_identity_center_calls_total',
      HELP.calls,
      IdentityCenterOperations.flatMap((operation) =>
        CallOutcomes.map((outcome) => ({ operation, outcome })),
      ),
    ),
    identityCenterRateLimit: level('jit_identity_center_rate_limit', HELP.rate),
    operationsOutstanding: level('jit_operations_outstanding', HELP.outstanding),
    callQueueLength: levelBy(registry, 'jit_call_queue_length', HELP.queue, by('priority', Priorities)),
    outboxPending: level('jit_outbox_pending', HELP.outbox),
    outboxOldestSeconds: level('jit_outbox_oldest_seconds', HELP.outboxOldest),
    notifications: countBy(
      registry,
      'jit_notifications_total',
      HELP.notifications,
      by('outcome', NotificationOutcomes),
    ),
    signatureRejections: countBy(
      registry,
      'jit_signature_rejections_total',
      HELP.signatures,
      by('reason', SignatureRejections),
    ),
    httpRequestSeconds: durationBy(registry, 'jit_http_request_seconds', HELP.http, {
      buckets: HTTP_BUCKETS,
      series: HttpRoutes.flatMap((route) => HttpStatuses.map((status) => ({ ...route, status }))),
    }),
    stuckOperations: level('jit_stuck_operations', HELP.stuck),
    clockOffsetSeconds: level('jit_clock_offset_seconds', HELP.clockOffset),
    contestedAssignments: level('jit_contested_assignments', HELP.contested),
    canaryIntervalSeconds: level('jit_canary_interval_seconds', HELP.canaryInterval),
    canaryGrantSeconds: level('jit_canary_grant_seconds', HELP.canaryGrant),
    canaryRevocationSeconds: level('jit_canary_revocation_seconds', HELP.canaryRevocation),
    canaryLastClosedTimestampSeconds: level('jit_canary_last_closed_timestamp_seconds', HELP.canaryClosed),
  };
}

// Each says what to do when the number moves: it is what somebody reads first at night.
const HELP = {
  drift:
    'Differences between the access that is wanted and the access that is live, by kind. Above zero for minutes: read GET /drift, it gives cause and next try.',
  overdueSeconds:
    'Age of the oldest ending that is due and not yet seen done. Rising: access outlives its end; see GET /drift, then GET /status.',
  overdue:
    'Endings that are due and not yet seen done. Not falling: look for throttling, then at GET /drift.',
  revocation:
    'From the moment access had to end until it was seen gone, by reason. Slow: compare with the call queue and the throttled calls.',
  grant:
    'From approval until access was seen live. Slow: compare with the call queue and the throttled calls.',
  requests:
    'Requests that are not settled, by status. APPROVED or REVOKED piling up: the loop does not keep up.',
  pass: 'How long a pass of the loop takes. Longer than the tick: look for slow tables or throttling.',
  passes: 'Passes by outcome. Any failed: the log has the error with its cause; the next pass tries again.',
  lastPass:
    'When a pass last completed. Standing still: nothing is ended; see that one process runs and is the leader.',
  sweep:
    'How long a full sweep takes. Longer than its interval: fewer managed sets, or a larger share of calls.',
  lastSweep:
    'When a sweep last completed: the dead-man switch. Standing still: unexplained access is no longer found; see GET /coverage.',
  unread:
    'Pairs of permission set and account that the last sweep could not read. Above zero: GET /coverage names each with its cause.',
  withheld:
    'Removals of unexplained access that wait for a person, by reason. Above zero: read GET /plan, then release its digest or explain the access.',
  leader:
    '1 where this process leads. The sum over all processes must be 1: 0 means that nothing is reconciled.',
  calls:
    'Calls to Identity Center by operation and outcome. Throttled or refused rising: somebody shares the quota, or a right is missing.',
  rate: 'Calls a second that are allowed now. Below the setting: AWS throttles; it recovers by itself.',
  outstanding:
    'Operations that AWS has not finished. At the maximum for long: AWS is slow, endings by people go first.',
  queue:
    'Calls that wait for their turn, by priority. Priority person above zero for long: see the throttled calls.',
  outbox:
    'Notifications not yet accepted by the plugin. Rising: see that the plugin is up and has the same secret.',
  outboxOldest:
    'Age of the oldest notification not yet accepted. Rising: one request is refused, or all are.',
  notifications:
    'Attempts to notify by outcome. Refused: compare secrets and signed path; unreachable: see that the plugin is up.',
  signatures:
    'Calls refused with 401, by reason. Stale: a clock is off; unknown_key or wrong_signature: a rotation, or somebody tries; replayed: somebody tries.',
  http: 'Time to answer by route, method and status. Slow revokes wait for the proof by design; 503: a dependency is down.',
  stuck:
    'Operations tried five times or for two minutes without success. Above zero: GET /drift says why; remove the cause, then POST /reconcile.',
  clockOffset:
    "By how much this process's clock is ahead of AWS's, negative where it is behind; 0 where it may be right. From 5 on: set the clock (NTP); far off, nothing is ended by it.",
  contested:
    'Assignments that another hand makes again after each removal, remembered for a day. Above zero: find who does (CloudTrail), GET /drift names each.',
  canaryInterval:
    'How often the canary is given access and loses it again. 0: there is none, or this process does not lead.',
  canaryGrant:
    'From approval until the canary was last seen with its access; 0 before the first run of this leader. Rising: as with jit_grant_seconds.',
  canaryRevocation:
    'From the revoke until the canary was last seen without its access; 0 before the first run of this leader. Rising: as with jit_revocation_seconds.',
  canaryClosed:
    'When the canary last was given access and lost it again, all the way. Standing still for two intervals: read the request that begins with canary-, then GET /drift.',
} as const;

// Seconds. AWS finishes most operations within a few seconds; what matters is the way to minutes.
const ENDING_BUCKETS = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600];
const PASS_BUCKETS = [0.05, 0.25, 1, 2.5, 5, 10, 30, 60];
const SWEEP_BUCKETS = [1, 5, 15, 60, 300, 900, 3600, 14_400];
// The plugin gives up after 10 s, a dialog after 3.
const HTTP_BUCKETS = [0.05, 0.25, 1, 2, 5, 10];

type Series = Readonly<Record<string, string | number>>;

function by(label: string, values: readonly string[]): Series[] {
  return values.map((value) => ({ [label]: value }));
}

function labelsOf(series: readonly Series[]): string[] {
  return Object.keys(series[0] ?? {});
}

function levelBy(registry: Registry, name: string, help: string, series: readonly Series[]): Gauge {
  const gauge = new Gauge({ name, help, labelNames: labelsOf(series), registers: [registry] });
  for (const labels of series) gauge.set(labels, 0);
  return gauge;
}

function countBy(registry: Registry, name: string, help: string, series: readonly Series[]): Counter {
  const counter = new Counter({ name, help, labelNames: labelsOf(series), registers: [registry] });
  for (const labels of series) counter.inc(labels, 0);
  return counter;
}

function durationBy(
  registry: Registry,
  name: string,
  help: string,
  { buckets, series }: { readonly buckets: number[]; readonly series: readonly Series[] },
): Histogram {
  const labelNames = labelsOf(series);
  const histogram = new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  for (const labels of series) histogram.zero(labels);
  return histogram;
}
