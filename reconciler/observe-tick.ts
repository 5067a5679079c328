// One tick of an observer: everything that is due, by the tables or by memory, and everything that differed when it was
// looked at last. Nobody hurries it, so what it looked at a moment ago it leaves alone.

import { type Assignment, assignmentId, parseAssignmentId } from '../src/assignment.ts';
import type { Clock } from '../src/clock.ts';
import type { Log } from '../src/log.ts';
import type { Policy } from '../src/policy.ts';
import type { Converged } from './converge-assignment.ts';
import { findWork, type Work } from './find-work.ts';
import type { ObserveOptions } from './observe-assignment.ts';
import type { ObserverMemory } from './observer-memory.ts';

export type ObserveTickDeps = {
  readonly memory: ObserverMemory;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly goesOn: () => boolean;
  readonly log: Log;
};

type Look = (assignment: Assignment, options: ObserveOptions) => Promise<Converged | undefined>;

export type ObserveTick = (requestIds: readonly string[], look: Look) => Promise<void>;

/** The access of what ended stays live while nobody ends it: asking AWS every few seconds would tell nothing new. */
const LOOK_AGAIN_MS = 60_000;
const LOOKS_AT_ONCE = 4;
/** What is seldom due is read this often. */
const RARE_INTERVAL_MS = 60_000;

export function createObserveTick(deps: ObserveTickDeps): ObserveTick {
  let looked = new Map<string, number>();
  let rareMs = Number.NEGATIVE_INFINITY;

  /** Whether anything is new about it: its requests, or the minute. */
  const isFresh = (work: Work, spokenOf: ReadonlySet<string>): boolean => {
    const lookedMs = looked.get(keyOf(work));
    if (lookedMs === undefined || work.requestIds.some((id) => spokenOf.has(id))) return true;
    return deps.clock.elapsedMs() - lookedMs >= LOOK_AGAIN_MS;
  };

  return async (requestIds, look) => {
    const spokenOf = new Set(requestIds);
    const rare = deps.clock.elapsedMs() - rareMs >= RARE_INTERVAL_MS;
    if (rare) rareMs = deps.clock.elapsedMs();
    const all = await workOf(deps, { requestIds, rare });
    const keys = new Set(all.map(keyOf));
    looked = new Map([...looked].filter(([key]) => keys.has(key)));
    const ahead = all.filter((work) => isFresh(work, spokenOf));
    for (let i = 0; i < ahead.length && deps.goesOn(); i += LOOKS_AT_ONCE) {
      await Promise.all(
        ahead.slice(i, i + LOOKS_AT_ONCE).map(async (work) => {
          looked.set(keyOf(work), deps.clock.elapsedMs());
          await look(work.assignment, { requestIds: work.requestIds });
        }),
      );
    }
  };
}

function keyOf({ assignment, requestIds }: Work): string {
  return [assignmentId(assignment), ...[...requestIds].sort()].join(' ');
}

async function workOf(
  { memory, clock, policy }: ObserveTickDeps,
  query: { readonly requestIds: readonly string[]; readonly rare: boolean },
): Promise<readonly Work[]> {
  const { defaultPermissionSetArn } = policy;
  const nowMs = clock.nowMs();
  const found = await findWork(memory.tables.reader, { ...query, nowMs, defaultPermissionSetArn });
  const [unread] = found.unread;
  if (unread !== undefined) throw unread;
  const known = memory.board
    .items()
    .filter(({ kind }) => kind !== 'foreign')
    .flatMap((item) => parseAssignmentId(item.assignment_id) ?? []);
  const others = [...memory.tables.due(nowMs), ...known].map((assignment) => ({
    assignment,
    requestIds: [],
    spoken: [],
  }));
  const byId = new Map(
    [...others, ...found.assignments].map((work) => [assignmentId(work.assignment), work]),
  );
  return [...byId.values()];
}
