// What the leader does while it leads: it ticks, listens, sweeps, carries out passes and delivers, each in its own time.

import { isRecentNudge, NUDGES_KEY, type Nudge, parseNudgesRow } from '../src/nudge.ts';
import { inSpan } from '../src/trace.ts';
import { deliverNotifications } from './deliver-notifications.ts';
import { inPass, nextPassId } from './in-pass.ts';
import { inTurn, waitingForWork } from './in-turn.ts';
import { sweepOnce } from './lead-sweep.ts';
import { tickOnce } from './lead-tick.ts';
import { type Leadership, type Lease, takeLeadership } from './leadership.ts';
import { type Repeated, repeat } from './repeat.ts';
import { runCanary } from './run-canary.ts';
import type { ReconcilerDeps } from './run-forever.ts';
import { runPass } from './run-pass.ts';
import { beginTurn, type Turn } from './turn.ts';

export type Leading = {
  readonly epoch: number;
  nudge(nudges: readonly Omit<Nudge, 'at'>[]): void;
  hasSwept(): boolean;
  /** How many ticks came to an end, and for how long none has: see `Repeated`. */
  ticks(): Pick<Repeated, 'ended' | 'stalledForMs'>;
  /** Whether a change of access is claimed, called or recorded at this moment. Once told to stop, none is begun. */
  isChanging(): boolean;
  /** Ends what is under way at its next step, and resolves when nothing is. */
  stop(): Promise<void>;
};

const LISTEN_INTERVAL_MS = 1_000;

/** A turn that stands still for so long is abandoned. Each of its calls to the tables has 20 s, one to the chat 12 s. */
export const TURN_STANDS_STILL_MAX_MS = 60_000;
/** What asks AWS has three tries at 15 s for each question, and waits for runs, which have two minutes. */
const LONG_TURN_STANDS_STILL_MAX_MS = 180_000;

export function lead(deps: ReconcilerDeps, lease: Lease): Leading {
  const ending = new AbortController();
  const leader = takeLeadership(
    deps,
    lease,
    {
      tick: () => loops.tick.poke(),
      sweep: () => loops.sweep.poke(),
      deliver: () => loops.deliver.poke(),
      runPasses: () => loops.passes.poke(),
    },
    ending.signal,
  );
  const loops = startLoops(leader, ending.signal);
  return {
    epoch: lease.epoch,
    nudge: (nudges) => hear(leader, nudges),
    hasSwept: () => leader.memory.lastSweepMs !== undefined,
    ticks: () => loops.tick,
    isChanging: leader.isChanging,
    async stop() {
      ending.abort();
      leader.work.stop();
      leader.aws.close();
      await Promise.all(Object.values(loops).map(({ stopped }) => stopped));
      await Promise.all(leader.passes.values());
      await leader.work.drained();
    },
  };
}

type Loops = Readonly<Record<'tick' | 'sweep' | 'deliver' | 'passes' | 'listen', Repeated>> & {
  readonly canary?: Repeated;
};

function startLoops(leader: Leadership, signal: AbortSignal): Loops {
  const { clock, log, metrics, tickIntervalMs, sweepIntervalMs } = leader;
  const failed = (part: keyof Loops, passId: string | undefined, error: unknown) => {
    // Stopping ends what waits for its turn; that is no failure.
    if (signal.aborted) return;
    if (part === 'tick') metrics.passes.inc({ outcome: 'failed' });
    log.error('a part of the loop failed, its next time comes', { part, pass_id: passId, error });
  };
  const every = (
    intervalMs: number,
    part: keyof Loops,
    act: (leader: Leadership, turn: Turn) => Promise<void>,
    limitMs = TURN_STANDS_STILL_MAX_MS,
  ) => {
    let passId: string | undefined;
    const onError = (error: unknown) => failed(part, passId, error);
    const pass = (turn: Turn) => {
      const id = nextPassId(leader);
      passId = id;
      return inSpan(part, { 'jit.pass_id': id }, () => act(inTurn(inPass(leader, id), turn), turn));
    };
    const turns = { clock, limitMs, action: part, signal };
    return repeat({ ...turns, intervalMs: () => intervalMs, onError }, pass);
  };
  return {
    tick: every(tickIntervalMs, 'tick', tickOnce),
    sweep: every(sweepIntervalMs, 'sweep', sweepOnce, LONG_TURN_STANDS_STILL_MAX_MS),
    deliver: every(tickIntervalMs, 'deliver', deliverAll),
    // What it begins goes on by itself.
    passes: every(tickIntervalMs, 'passes', () => runPasses(leader)),
    // Every second, and mostly for nothing: it is no pass.
    listen: repeat(
      {
        ...{ clock, signal, intervalMs: () => LISTEN_INTERVAL_MS },
        ...{ limitMs: TURN_STANDS_STILL_MAX_MS, action: 'listen' },
        onError: (error) => failed('listen', undefined, error),
      },
      () => listen(leader),
    ),
    ...(leader.canary === undefined ? {} : { canary: every(tickIntervalMs, 'canary', runCanary) }),
  };
}

function hear({ heard, poke }: Leadership, nudges: readonly Omit<Nudge, 'at'>[]): void {
  heard.hear(nudges);
  if (nudges.length > 0) poke.tick();
  if (heard.hasPasses()) poke.runPasses();
}

async function listen(leader: Leadership): Promise<void> {
  const { clock, memory, store } = leader;
  const row = await store.get('control', NUDGES_KEY);
  // Read every second, and mostly as it was.
  if (row === undefined || row.version === memory.nudgesVersion) return;
  const nudges = parseNudgesRow(row);
  if (nudges === undefined) return;
  memory.nudgesVersion = nudges.version;
  const known = memory.passesHeard;
  // A pass stays in the row for long; it is carried out once.
  memory.passesHeard = new Set(nudges.recent.flatMap(({ pass_id }) => pass_id ?? []));
  const isNews = (nudge: Nudge) => nudge.pass_id === undefined || !known.has(nudge.pass_id);
  hear(
    leader,
    nudges.recent.filter((nudge) => isNews(nudge) && isRecentNudge(nudge, clock.nowMs())),
  );
}

/** Each by itself, and not waited for: a dry run does not wait for what somebody forces. */
async function runPasses(leader: Leadership): Promise<void> {
  for (const passId of leader.heard.takePasses()) {
    // A nudge is heard more than once: a pass that is under way is not begun again.
    if (leader.passes.has(passId)) continue;
    const done = inSpan('pass', { 'jit.pass_id': passId }, () => onePass(leader, passId))
      .catch((error: unknown) => {
        leader.log.error('a pass could not be carried out, it is tried again', { pass_id: passId, error });
        leader.heard.hear([{ pass_id: passId }]);
      })
      .finally(() => leader.passes.delete(passId));
    leader.passes.set(passId, done);
  }
}

function onePass(leader: Leadership, passId: string): Promise<void> {
  const turns = {
    clock: leader.clock,
    limitMs: LONG_TURN_STANDS_STILL_MAX_MS,
    action: 'carry out a pass',
  };
  const { done } = beginTurn(turns, (turn) => {
    const pass = inTurn(inPass(leader, passId), turn);
    const begin = waitingForWork(pass, turn);
    return runPass(
      {
        ...pass,
        look: (assignment) => begin(assignment, { doubt: true }),
        ...{ knownDrift: () => leader.board.items(), pokeSweep: leader.poke.sweep },
      },
      passId,
    );
  });
  return done;
}

async function deliverAll(leader: Leadership): Promise<void> {
  const { memory, metrics } = leader;
  memory.outbox = await deliverNotifications(leader);
  metrics.outboxPending.set(memory.outbox.pending);
  metrics.outboxOldestSeconds.set(memory.outbox.oldestSeconds);
}
