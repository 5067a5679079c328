// The leader during one turn of one of its loops: what the turn does it does as steps of it, and nothing once it was
// abandoned. Work that it begins has turns of its own, and goes on.

import { assignmentId } from '../src/assignment.ts';
import type { Leadership } from './leadership.ts';
import { liveInTurn, storeInTurn } from './ports-in-turn.ts';
import type { Turn } from './turn.ts';

export function inTurn(leader: Leadership, turn: Turn): Leadership {
  return {
    ...leader,
    get ended() {
      return turn.ended;
    },
    mayAct: () => !turn.isAbandoned() && leader.mayAct(),
    store: storeInTurn(leader.store, turn),
    live: liveInTurn(leader.aws, turn),
    send: (body, givingUp) => turn.step(() => leader.send(body, givingUp)),
  };
}

/** Waiting for a run is no standing still: runs have limits of their own. */
export function waitingForWork({ work }: Leadership, turn: Turn): Leadership['work']['begin'] {
  return (assignment, options) =>
    turn.step(
      () => work.begin(assignment, options),
      () => work.isUnderWay(assignmentId(assignment)),
    );
}
