// One tick of the leader: old tables are taken over first, then what is due is begun, then everything of people who were
// revoked as a whole, and then it says how it is.

import { RequestStatuses } from '../src/request.ts';
import { adoptOperations } from './adopt-operations.ts';
import { backFill, backFillRequests } from './back-fill.ts';
import { describeLeader } from './describe-leader.ts';
import { readBrake } from './judge-inferences.ts';
import type { Leadership } from './leadership.ts';
import { setLevels, statusWrite } from './publish-status.ts';
import { recallLastSweep } from './recall-last-sweep.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { searchPrincipal } from './search-principal.ts';

/** What is seldom due, and what was typed into rows that are not due, is looked for this often. */
const RARE_INTERVAL_MS = 60_000;
const STATUS_INTERVAL_MS = 5_000;

export async function tickOnce(leader: Leadership): Promise<void> {
  const { clock, memory, metrics } = leader;
  const startedMs = clock.elapsedMs();
  const rare = startedMs - memory.rareMs >= RARE_INTERVAL_MS;
  if (rare) {
    memory.rareMs = startedMs;
    memory.brake = undefined;
  }
  await takeOver(leader, rare);
  const { open } = await reconcileOnce(leader, { requestIds: leader.heard.takeRequests(), rare });
  if (open !== undefined) setOpenRequests(leader, open);
  for (const principalId of leader.heard.principals()) await endEverythingOf(leader, principalId);
  memory.lastPass = { finishedMs: clock.nowMs(), durationMs: clock.elapsedMs() - startedMs };
  metrics.passes.inc({ outcome: 'ok' });
  metrics.passSeconds.observe(memory.lastPass.durationMs / 1000);
  metrics.lastPassTimestampSeconds.set(memory.lastPass.finishedMs / 1000);
  await publishStatus(leader);
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

function setOpenRequests({ metrics }: Leadership, open: ReadonlyMap<string, number>): void {
  for (const status of RequestStatuses) metrics.requests.set({ status }, open.get(status) ?? 0);
}

async function publishStatus(leader: Leadership): Promise<void> {
  const { aws, board, clock, holder, epoch, memory, metrics, store, work } = leader;
  const nowMs = clock.nowMs();
  const budget = aws.budgetState();
  setLevels(metrics, board, budget, nowMs);
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
  };
  await store.transact([statusWrite(describeLeader(state))]);
}
