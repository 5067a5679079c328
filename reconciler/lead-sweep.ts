// One sweep of the leader, with what follows from it: inferred endings are judged together, and what was found is said.

import { unreadDrift } from '../src/unread-drift.ts';
import { waitingForWork } from './in-turn.ts';
import { judgeInferences } from './judge-inferences.ts';
import type { Leadership } from './leadership.ts';
import { completedFingerprint, publishSweep } from './publish-sweep.ts';
import { sweep } from './sweep.ts';
import type { Turn } from './turn.ts';

export async function sweepOnce(leader: Leadership, turn: Turn): Promise<void> {
  const { board, clock, memory, metrics, store } = leader;
  const begin = waitingForWork(leader, turn);
  // Nothing is inferred before the tables have been taken over.
  if (memory.leftOver === undefined) return;
  const startedMs = clock.elapsedMs();
  const result = await sweep({
    ...leader,
    look: (assignment, options) => begin(assignment, { ...options, doubt: true }),
    completedFingerprint: () => completedFingerprint(store),
  });
  if (result === undefined) return;
  const withheld = await judgeInferences(
    {
      ...leader,
      claim: ({ view }, countInference) => begin(view.ledger.assignment, { doubt: true, countInference }),
    },
    result,
  );
  memory.brake = undefined;
  board.putForeign(result.foreign);
  board.putUnread(unreadDrift(result.progress.unread, board.items(), result.finishedMs));
  board.putWithheld(withheld);
  await publishSweep(leader, result, board.items());
  memory.lastSweepMs = result.finishedMs;
  metrics.sweepSeconds.observe((clock.elapsedMs() - startedMs) / 1000);
  metrics.lastFullSweepTimestampSeconds.set(result.finishedMs / 1000);
  metrics.sweepUnreadPairs.set(result.progress.unread.length);
}
