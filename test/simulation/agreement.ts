// Whether desired and live agree, by the true state of tables and AWS: what somebody wants is live, what nobody wants is
// gone, and what remains for a person is only what may remain. Answers what is still amiss, in sentences.

import type { Row } from '../../src/store.ts';
import { isEndingStatus, type SeenLedger, seenLedger, wants } from './ledger-row.ts';
import type { Memory } from './perform-act.ts';
import { belongsToSystem, keyOf, seenAssignment } from './seen-assignment.ts';
import type { Simulation } from './simulated-world.ts';
import { statusSaid } from './watch-rows.ts';

type Known = {
  readonly simulation: Simulation;
  readonly memory: Memory;
  readonly nowMs: number;
  readonly requests: ReadonlyMap<string, Row>;
  readonly ledgers: ReadonlyMap<string, SeenLedger>;
  /** Assignments whose row in the ledger nobody can read. */
  readonly unreadable: ReadonlySet<string>;
  /** In scope, of users, by id. */
  readonly live: ReadonlySet<string>;
  readonly deletedUsers: ReadonlySet<string>;
  /** Nothing may be created for them, where AWS refuses that: it is tried until their request is over. */
  readonly disabledUsers: ReadonlySet<string>;
};

export function disagreements(simulation: Simulation, memory: Memory): readonly string[] {
  const known = know(simulation, memory);
  return [
    ...[...known.live].flatMap((id) => unwantedLive(known, id)),
    ...[...known.requests.values()].flatMap((row) => unsettledRequest(known, row)),
    ...[...known.ledgers.values()].flatMap((ledger) => wantedAbsent(known, ledger)),
    ...simulation.world.store
      .dump('outbox')
      .filter((row) => !isHiddenAndLast(simulation, row))
      .map((row) => `a notification is still in the outbox: ${String(row.notification_id)}`),
    ...simulation.world.store
      .dump('control')
      .filter((row) => row.name === 'canary' && row.over !== true)
      .map((row) => `the canary has not come back: ${JSON.stringify(row)}`),
    ...simulation.world.store
      .dump('control')
      .filter((row) => !memory.nudgesLost && (row.state === 'REQUESTED' || row.state === 'RUNNING'))
      .map((row) => `a pass was asked for and not carried out: ${JSON.stringify(row)}`),
  ];
}

function know(simulation: Simulation, memory: Memory): Known {
  const { world } = simulation;
  const nowMs = world.clock.nowMs();
  const rows = world.store.dump('assignments');
  const ledgers = rows.flatMap((row) => seenLedger(row) ?? []);
  const readable = new Set(ledgers.map((ledger) => ledger.assignment_id));
  const live = world.model
    .assignments(nowMs)
    .filter((row) => row.principalType === 'USER' && belongsToSystem(simulation.policy().scope, row))
    .map(keyOf);
  const { users: all } = world.model.snapshot();
  const users = new Set(all.map(({ id }) => id));
  return {
    simulation,
    memory,
    nowMs,
    requests: new Map(world.store.dump('requests').map((row) => [String(row.request_id), row])),
    ledgers: new Map(ledgers.map((ledger) => [ledger.assignment_id, ledger])),
    unreadable: new Set(rows.map((row) => String(row.assignment_id)).filter((id) => !readable.has(id))),
    live: new Set(live),
    disabledUsers: new Set(all.flatMap(({ id, status }) => (status === 'DISABLED' ? [id] : []))),
    deletedUsers: new Set(
      live.map((id) => seenAssignment(id)?.principalId ?? '').filter((id) => !users.has(id)),
    ),
  };
}

/** Taken out of the index by a hand, it is as good as dropped, until something follows it. */
function isHiddenAndLast({ world, scene }: Simulation, row: Row): boolean {
  const isHidden = row.shard !== 'all' || Number.isNaN(Date.parse(String(row.due_at)));
  const later = world.store
    .dump('outbox')
    .some((each) => each.request_id === row.request_id && Number(each.seq) > Number(row.seq));
  return isHidden && !later && scene.wasTyped('outbox', String(row.notification_id));
}

/** AWS does not take it away without a person: its user is gone. It is tried on, and shown. */
function isBeyondAws({ deletedUsers }: Known, id: string): boolean {
  return deletedUsers.has(seenAssignment(id)?.principalId ?? '');
}

function unwantedLive(known: Known, id: string): readonly string[] {
  const ledger = known.ledgers.get(id);
  if (known.unreadable.has(id) || isBeyondAws(known, id)) return [];
  if (ledger === undefined) return [`${id} is live, and the ledger does not know it`];
  const entries = Object.entries(ledger.entries);
  const isWanted = entries.some(([request, entry]) => wants(entry, known.requests.get(request), known.nowMs));
  // A row that cannot be understood keeps what it has until its time, and gives nothing.
  const isHeld = entries.some(
    ([request, entry]) =>
      entry.until > known.nowMs && entry.phase !== 'ENDED' && known.memory.spoiled.has(request),
  );
  if (isWanted || isHeld || isWithheld(known, ledger)) return [];
  return [`${id} is live, and nobody wants it: ${JSON.stringify(ledger)}`];
}

/** Seen, unexplained, listed, and waiting for a person: it does not go by itself. */
function isWithheld({ simulation }: Known, { assignment_id, sighting, stage }: SeenLedger): boolean {
  if (sighting === undefined || stage !== 'REST') return false;
  const { store } = simulation.world;
  const waits = sighting.held !== undefined || store.peek('control', { name: 'brake' })?.tripped === true;
  const isListed = (row: Row) =>
    String(row.name).startsWith('withheld#') && JSON.stringify(row).includes(assignment_id);
  return waits && sighting.released === undefined && store.dump('control').some(isListed);
}

function unsettledRequest(known: Known, row: Row): readonly string[] {
  const { memory, nowMs } = known;
  const { scene } = known.simulation;
  const id = String(row.request_id);
  // History of the previous system stays as it is.
  const isHistory = row.audited_status === undefined && row.due_at === undefined;
  if (isHistory) return [];
  // What becomes of a row that says nonsense nobody can say; one that was revoked since is an ending like any other.
  const isRevoked = row.status === 'REVOKED' && row.audited_status === 'REVOKED';
  if (memory.spoiled.has(id) && !isRevoked) return [];
  const assignment = typeof row.assignment_id === 'string' ? row.assignment_id : undefined;
  if (assignment === undefined && namesNothing(row)) return [];
  if (assignment !== undefined && isExcused(known, assignment)) return [];
  const story = () => `${JSON.stringify(row)} ledger ${JSON.stringify(known.ledgers.get(assignment ?? ''))}`;
  if (memory.revoked.has(id) && !isEndingStatus(row.status))
    return [`${id} was revoked, and is not: ${story()}`];
  // A hand took it out of the index in which it would be found, and nobody has answered it: it gives nothing.
  const isHidden = typeof row.status !== 'string' || typeof row.due_at !== 'string';
  if (row.audited_status === 'PENDING' && isHidden && scene.wasTyped('requests', id)) return [];
  if (row.status !== row.audited_status) return [`${id} says what was typed: ${story()}`];
  if (isEndingStatus(row.status)) return row.due_at === undefined ? [] : [`${id} is not settled: ${story()}`];
  if (row.status === 'PENDING') return [];
  // Where tables were lost with their audit, nothing says what the ledger knew: it wants nothing, and lapses at its end.
  const isEntered = known.ledgers.get(assignment ?? '')?.entries[id] !== undefined;
  const isForgotten = !isEntered && (memory.timesLost > 0 || memory.takenOver.has(id));
  if (row.status === 'APPROVED' && !isForgotten) return [`${id} is still APPROVED: ${story()}`];
  if (Date.parse(String(row.end_time)) + 30_000 < nowMs) return [`${id} is over, and GRANTED: ${story()}`];
  if (!isEntered && !isForgotten && known.live.has(assignment ?? ''))
    return [`${id} is granted, and the ledger forgot it: ${story()}`];
  return [];
}

/**
 * Hands took from the row what it is about: it is left alone, and logged, until a person mends it. Rows of the previous
 * system name no permission set and mean the default.
 */
function namesNothing(row: Row): boolean {
  const set = typeof row.permission_set_arn;
  const named = typeof row.identity_store_user_id === 'string' && (set === 'string' || set === 'undefined');
  return !named || !/^\d{12}$/.test(String(row.account_id));
}

/** Out of scope nothing is written; what AWS refuses, such as anything for a user who is gone or disabled, and what nobody can read waits for a person. */
function isExcused(known: Known, id: string): boolean {
  const assignment = seenAssignment(id);
  if (assignment === undefined || known.unreadable.has(id)) return true;
  if (!belongsToSystem(known.simulation.policy().scope, assignment)) return true;
  return (isBeyondAws(known, id) && known.live.has(id)) || known.disabledUsers.has(assignment.principalId);
}

function wantedAbsent(known: Known, ledger: SeenLedger): readonly string[] {
  const id = ledger.assignment_id;
  if (isExcused(known, id)) return [];
  const wanting = Object.entries(ledger.entries).filter(([request, entry]) =>
    wants(entry, known.requests.get(request), known.nowMs),
  );
  const problems = ledger.stage === 'REST' ? [] : [`${id} is under way: ${JSON.stringify(ledger)}`];
  // Lost from sight with others that have ended since: it is shown as withheld until a list has been right about anything.
  if (wanting.length === 0 || known.live.has(id) || ledger.lost_sight !== undefined) return problems;
  return [...problems, `${id} is wanted, and not live: ${JSON.stringify(ledger)}`];
}

/** The status that the audited events of a request lead to, in their order. */
export function replay({ world }: Simulation, requestId: string): string | undefined {
  const events = world.store
    .dump('audit')
    .filter((event) => event.request_id === requestId)
    .sort((a, b) => Number.parseInt(String(a.event_id), 10) - Number.parseInt(String(b.event_id), 10));
  return events.reduce<string | undefined>((status, event) => statusSaid(event) ?? status, undefined);
}
