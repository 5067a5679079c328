// One tick of the leader: old tables are taken over first, then what is due is begun, then everything of people who were
// revoked as a whole, and then it says how it is.

import { type RequestRow, RequestStatuses } from '../src/request.ts';
import { StoreError } from '../src/store-error.ts';
import { adoptOperations } from './adopt-operations.ts';
import { backFill, backFillRequests } from './back-fill.ts';
import { describeLeader } from './describe-leader.ts';
import { readBrake } from './judge-inferences.ts';
import type { Leadership } from './leadership.ts';
import { setLevels, statusWrite } from './publish-status.ts';
import { recallLastSweep } from './recall-last-sweep.ts';
import { reckonDrift } from './reckon-drift.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { searchPrincipal } from './search-principal.ts';

/** What is seldom due, and what was typed into rows that are not due, is looked for this often. */
const RARE_INTERVAL_MS = 60_000;
const STATUS_INTERVAL_MS = 5_000;

export async function tickOnce(leader: Leadership): Promise<void> {
  const { clock, memory, metrics } = leader;
  const startedMs = clock.elapsedMs();
  try {
    await passOnce(leader, startedMs);
  } finally {
    // Also where it failed: what is known of the differences is no less true.
    setLevels(metrics, leader.board, leader.aws.budgetState(), clock.nowMs());
  }
  // The lease could not be renewed: nothing was done, and whoever watches for passes must hear of none.
  if (!leader.mayAct()) return;
  memory.lastPass = { finishedMs: clock.nowMs(), durationMs: clock.elapsedMs() - startedMs };
  metrics.passes.inc({ outcome: 'ok' });
  metrics.passSeconds.observe(memory.lastPass.durationMs / 1000);
  metrics.lastPassTimestampSeconds.set(memory.lastPass.finishedMs / 1000);
  await publishStatus(leader);
}

async function passOnce(leader: Leadership, startedMs: number): Promise<void> {
  const { memory } = leader;
  const rare = startedMs - memory.rareMs >= RARE_INTERVAL_MS;
  if (rare) memory.brake = undefined;
  await takeOver(leader, rare);
  const { unsettled, unread } = await reconcileOnce(leader, {
    requestIds: leader.heard.takeRequests(),
    rare,
  });
  if (unsettled !== undefined) {
    memory.rareMs = startedMs;
    setOpenRequests(leader, unsettled);
  }
  const unreckoned = rare ? await reckon(leader, unsettled ?? new Map()) : undefined;
  for (const principalId of leader.heard.principals()) await endEverythingOf(leader, principalId);
  // An answer that never came tells another story than a refusal: the cause is kept.
  const first = unread[0] ?? unreckoned;
  if (first !== undefined)
    throw new Error(`not everything could be read: ${first.message}`, { cause: first });
}

/** Once, as the first thing of a lease; what could not be taken over is tried again now and then. */
async function takeOver(leader: Leadership, rare: boolean): Promise<void> {
  const { memory } = leader;
  if (memory.leftOver === undefined) {
    await adoptOperations(leader, leader.aws.slots);
    // Only to be shown: what cannot be read now is found again by the first sweep.
    await recallLastSweep(leader).catch((error: unknown) =>
      leader.log.warn('what the last sweep found cannot be read', { error }),
    );
    memory.leftOver = await backFill(leader);
    leader.poke.sweep();
  } else if (rare && memory.leftOver.length > 0) {
    memory.leftOver = (await backFillRequests(leader, memory.leftOver)) ?? memory.leftOver;
  }
}

/** One person's search that fails is tried again with the next tick, and holds up nobody else. */
async function endEverythingOf(leader: Leadership, principalId: string): Promise<void> {
  try {
    const found = await searchPrincipal(leader, principalId);
    if (!found.goesOn) leader.heard.letGo(principalId);
    const requestIds = found.requests.map((request) => request.request_id);
    await reconcileOnce(leader, { requestIds, rare: false });
    for (const assignment of found.assignments) void leader.look(assignment);
  } catch (error) {
    leader.log.error('everything of a person could not be searched', { principal_id: principalId, error });
  }
}

/** By what the audit says of them. */
function setOpenRequests({ metrics }: Leadership, unsettled: ReadonlyMap<string, RequestRow>): void {
  const requests = [...unsettled.values()];
  for (const status of RequestStatuses) {
    const count = requests.filter(({ audited_status: audited }) => audited === status).length;
    metrics.requests.set({ status }, count);
  }
}

/**
 * What the rows say, whatever the runs have come to; and what sleeps although it has something to do is begun. Answers why
 * it could not be reckoned.
 */
async function reckon(
  leader: Leadership,
  unsettled: ReadonlyMap<string, RequestRow>,
): Promise<StoreError | undefined> {
  try {
    const { drift, due } = await reckonDrift(leader, unsettled);
    leader.board.reckon(drift);
    for (const { assignment, requestIds } of due) void leader.work.begin(assignment, { requestIds });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

async function publishStatus(leader: Leadership): Promise<void> {
  const { aws, board, clock, holder, epoch, memory, store, work } = leader;
  const nowMs = clock.nowMs();
  const budget = aws.budgetState();
  if (clock.elapsedMs() - memory.statusMs < STATUS_INTERVAL_MS || !leader.mayAct()) return;
  memory.statusMs = clock.elapsedMs();
  // The sweep moves it and lets it be read again; a hand in the table is seen within a minute.
  memory.brake ??= await readBrake(store);
  const state = {
    nowMs,
    leader: { holder, epoch },
    underWay: work.size(),
    board,
    budget,
    ...memory,
    brake: memory.brake,
    clock: leader.clockState(),
  };
  await store.transact([statusWrite(describeLeader(state))]);
}
