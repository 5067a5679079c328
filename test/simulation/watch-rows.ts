// S4, T2 and L2 in the rows: nothing takes a revocation back, every transition has its one event in its own
// transaction, versions rise one by one, and whatever is under way says when it is looked at next.

import type { Row } from '../../src/store.ts';
import { isEndingStatus, seenLedger } from './ledger-row.ts';
import { createOffClocks, type OffClock } from './off-clocks.ts';
import { rowsOf, type Scene, type Watcher, type Written } from './watcher.ts';

/** The longest a ledger row under way may sleep: the ceiling of the back-off, and that of what is out of scope. */
const SLEEP_MAX_MS = 61_000;

export function watchRows(scene: Scene): Watcher {
  const clockOf = createOffClocks(scene);
  return {
    written(written) {
      const clock = clockOf(written.by);
      for (const { before, after } of rowsOf(written, 'assignments'))
        judgeLedger(scene, written, clock, before, after);
      for (const { before, after } of rowsOf(written, 'requests'))
        judgeRequest(scene, written, before, after);
      for (const { write, before } of rowsOf(written, 'audit'))
        if (write.kind !== 'put' || before !== undefined)
          scene.report('T2', `an event was changed: ${JSON.stringify(write)}`);
    },
  };
}

function judgeLedger(
  scene: Scene,
  { by }: Written,
  clock: OffClock,
  before: Row | undefined,
  after: Row | undefined,
): void {
  const actor = scene.actor(by);
  const [was, is] = [seenLedger(before), seenLedger(after)];
  if (is === undefined) return;
  // What is no version is mended by one that is none of those before.
  const isVersion = was !== undefined && Number.isSafeInteger(was.version) && was.version > 0;
  if (isVersion && is.version !== was.version + 1)
    scene.report('VERSION', `${by} wrote ${is.assignment_id} over version ${was.version} as ${is.version}`);
  const nowMs = actor?.clock.nowMs() ?? scene.nowMs();
  const sleeps = is.due_at === undefined ? Number.POSITIVE_INFINITY : is.due_at - nowMs;
  const aheadMs = clock.isNoticed ? 0 : Math.max(0, clock.offMs);
  if (is.stage !== 'REST' && actor !== undefined && sleeps - aheadMs > SLEEP_MAX_MS)
    scene.report('L2', `${is.assignment_id} is ${is.stage} and sleeps ${sleeps} ms`);
  if (scene.wasTyped('assignments', is.assignment_id)) return;
  for (const [id, entry] of Object.entries(was?.entries ?? {}))
    if (entry.phase === 'ENDED' && is.entries[id] !== undefined && is.entries[id]?.phase !== 'ENDED')
      scene.report('S1', `the ending of ${id} was taken back by ${by}`);
}

function judgeRequest(scene: Scene, written: Written, before: Row | undefined, after: Row | undefined): void {
  const { by } = written;
  if (after === undefined) {
    scene.report('T2', `${by} deleted the request ${String(before?.request_id)}`);
    return;
  }
  const id = String(after.request_id);
  if (isEndingStatus(before?.status) && !isEndingStatus(after.status))
    scene.report('S4', `${by} took the ending of ${id} back: ${before?.status} became ${after.status}`);
  const events = written.writes.flatMap((write) =>
    write.table === 'audit' && write.kind === 'put' && write.row.request_id === id ? [write.row] : [],
  );
  const why = unaudited(written, before, after, events);
  if (why !== undefined) scene.report('T2', `${id} by ${by}: ${why} with ${JSON.stringify(events)}`);
  if (
    !isEndingStatus(after.audited_status) &&
    after.audited_status !== undefined &&
    after.due_at === undefined
  )
    if (before?.due_at !== undefined || before === undefined)
      scene.report('L1', `${id} is ${String(after.audited_status)}, and ${by} made that nobody looks at it`);
}

const STATUSES: readonly unknown[] = [
  'PENDING',
  'APPROVED',
  'GRANTED',
  'DENIED',
  'REVOKED',
  'EXPIRED',
  'ERROR',
];

/** What a transaction did to a request without saying it, or said without doing it. */
function unaudited(
  { by }: Written,
  before: Row | undefined,
  after: Row,
  events: readonly Row[],
): string | undefined {
  const [event] = events;
  if (events.length > 1) return 'more than one event';
  // Old rows are adopted silently.
  if (before !== undefined && before.audited_status === undefined && event === undefined) return undefined;
  if (before === undefined)
    return event?.event_type === 'REQUESTED' ? undefined : 'a request without its event';
  // What a hand made unreadable is put right from the audit.
  const isNonsense = before.audited_status !== undefined && !STATUSES.includes(before.audited_status);
  // A revoke that the audit table refuses is flipped alone, and adopted by the loop.
  if (by === 'api' && event === undefined && after.status === 'REVOKED' && before.status !== 'REVOKED')
    return before.audited_status === after.audited_status || isNonsense ? undefined : 'more was flipped';
  const transition = before.audited_status !== after.audited_status && !isNonsense;
  if (transition && statusSaid(event) !== after.audited_status)
    return `${String(before.audited_status)} became ${String(after.audited_status)}`;
  if (event === undefined && before.status !== after.status) return 'status changed';
  if (event === undefined && before.due_at !== undefined && after.due_at === undefined) return 'settled';
  if (event === undefined) return undefined;
  // Where a hand left no number, nobody knows what comes next.
  const sequence = before.audit_seq ?? 0;
  const isCount = Number.isSafeInteger(sequence) && Number(sequence) >= 0;
  if (isCount && Number(after.audit_seq) !== Number(sequence) + 1) return 'the sequence did not rise';
  const last = typeof before.last_event_at === 'string' ? Date.parse(before.last_event_at) : 0;
  return Date.parse(String(event.event_time)) < last ? 'time ran backwards' : undefined;
}

/** The status that an event makes of a request; undefined where it makes none. */
export function statusSaid(event: Row | undefined): string | undefined {
  const type = event?.event_type;
  if (type === 'REQUESTED') return 'PENDING';
  if (type === 'KEPT') return String(Reflect.get(Object(event?.details), 'ended_as'));
  return STATUSES.includes(type) && type !== 'PENDING' ? String(type) : undefined;
}
