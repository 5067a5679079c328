// The whole system under virtual time: several reconcilers and the API as processes of their own, each with its clocks
// and its fate, over one model of the tables and one stand-in for AWS, watched by the model that sees everything.

import { createTableNudge } from '../../api/table-nudge.ts';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import type { SdkCommand } from '../../local/identity-center/in-process-client.ts';
import type { AssignmentChange } from '../../local/identity-center/world.ts';
import { watchClock } from '../../reconciler/watch-clock.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import type { CanarySettings } from '../../src/canary.ts';
import type { Clock, WallClock } from '../../src/clock.ts';
import type { Policy } from '../../src/policy.ts';
import type { Store } from '../../src/store.ts';
import { permittedSend } from '../least-privilege/permitted.ts';
import { createModelStore } from '../model-store.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import {
  createWorld,
  DEV,
  DORA,
  HOUR,
  MINUTE,
  type Process,
  READ_ONLY,
  SECOND,
  seededRandom,
} from '../world.ts';
import { createAwsNow } from './aws-now.ts';
import type { Effect } from './effect.ts';
import type { Fate } from './fate.ts';
import type { History } from './history.ts';
import { createKnownFaults } from './known-faults.ts';
import { createMisfortunes } from './misfortunes.ts';
import { createPairLists } from './pair-lists.ts';
import { seenAssignment } from './seen-assignment.ts';
import { createSeenMetrics, type SeenMetrics } from './seen-metrics.ts';
import {
  createSimulatedProcess,
  type ProcessParts,
  type SimulatedProcess,
  sendToAws,
  sendToChat,
} from './simulated-process.ts';
import { createProcessClock, type ProcessClock } from './standing-still.ts';
import { createTroubles, type Tool, toolsThatMind } from './troubles.ts';
import { watchCalls } from './watch-calls.ts';
import { watchClaims } from './watch-claims.ts';
import { watchDoubt } from './watch-doubt.ts';
import { watchEndings } from './watch-endings.ts';
import { watchHeat } from './watch-heat.ts';
import { watchMetrics } from './watch-metrics.ts';
import { watchRecord } from './watch-record.ts';
import { watchRows } from './watch-rows.ts';
import { watchTold } from './watch-told.ts';
import { watchTruth } from './watch-truth.ts';
import { watchView } from './watch-view.ts';
import type { Actor, Scene, Watcher } from './watcher.ts';

export const LEASE_MS = 15_000;
/** `ORPHAN_GRACE_MS` + `SKEW_MS`: clocks differ by up to 30 s. */
export const GRACE_MS = 45_000;
/** Between the two clocks that differ most. */
export const SKEW_MS = 30_000;
export const SWEEP_MS = 20_000;
const LAG_MAX_MS = 15_000;
const LOOK_MS = 2_000;

/** Its second run would come after everything has settled. */
const CANARY: CanarySettings = {
  assignment: { accountId: DEV, permissionSetArn: READ_ONLY, principalId: DORA.id },
  intervalMs: 24 * HOUR,
};

export type Violation = { readonly check: string; readonly what: string };

/** A reconciler that runs, and how it is ended. */
export type Running = Actor & {
  readonly process: SimulatedProcess;
  readonly reconciler: Process;
};

export type SimulationOptions = {
  /** Chooses the fate of effects by their number. */
  readonly decide?: (effect: Effect, number: number) => Fate | undefined;
  /** Told of what happens, for people. */
  readonly onTrace?: (line: string) => void;
};

export type Simulation = Awaited<ReturnType<typeof createSimulation>>;

export async function createSimulation(history: History, options: SimulationOptions = {}) {
  const { surroundings } = history;
  const random = seededRandom(history.seed * 31 + 7);
  const violations: Violation[] = [];
  const stale = { lagMs: 0 };
  const watchers: Watcher[] = [];
  const tell = <Kind extends keyof Watcher>(kind: Kind, seen: Parameters<NonNullable<Watcher[Kind]>>[0]) => {
    for (const watcher of watchers) (watcher[kind] as ((what: typeof seen) => void) | undefined)?.(seen);
  };
  const running: Running[] = [];
  const everybody = new Map<string, Actor>();
  const numbers = new Map<string, SeenMetrics>();
  const flags = { supervised: true };
  const troubles = createTroubles();
  /** Calls of the API that are not answered yet. */
  const asked = new Set<Promise<unknown>>();
  let apiProcess: SimulatedProcess | undefined;
  let names = 0;

  const clock = createVirtualClock();
  const faults = createKnownFaults({
    elapsedMs: clock.elapsedMs,
    running,
    lease: () => store.peek('control', { name: 'leader' }),
    leaseMs: LEASE_MS,
  });
  const misfortunes = createMisfortunes(options.decide, faults.met);
  const store = createModelStore({ indexLag: { clock, lagMs: () => stale.lagMs, maxLagMs: LAG_MAX_MS } });
  const clockOf = (machine: string, skewMs: number): ProcessClock =>
    createProcessClock(clock, () => skewMs + troubles.jumpMs(machine));
  const part = (name: string, processClock: ProcessClock, onAnswer?: ProcessParts['onAnswer']) =>
    createSimulatedProcess({
      name,
      clock: processClock,
      trueNowMs: clock.nowMs,
      ...(onAnswer === undefined ? {} : { onAnswer }),
      store,
      misfortunes,
      random,
      jitterPercent: surroundings.jitterPercent,
      stale,
      onWritten: (written) => {
        tell('written', written);
        troubles.written(written);
      },
      onDeath: () => died(name),
      denials: troubles.denials,
    });
  const api = (): SimulatedProcess => {
    apiProcess ??= part('api', clockOf('api', surroundings.apiSkewMs));
    return apiProcess;
  };

  /** Calls reach one of two of them by turns, and their clocks differ. */
  let asks = 0;
  const apiNowMs = () => api().clock.nowMs() - (asks % 2 === 0 ? 0 : 2 * surroundings.apiSkewMs);

  const world = await createWorld({
    seed: history.seed,
    metrics: createSeenMetrics().metrics,
    limits: { count: surroundings.brakeCount, share: 0 },
    policy: {
      graceMs: GRACE_MS,
      skewMs: SKEW_MS,
      watchMs: 2 * LEASE_MS + GRACE_MS,
      pendingTtlMs: 5 * MINUTE,
    },
    clock,
    store,
    settings: surroundings.answers,
    onAssignmentChange: (change) => {
      tell('changed', change);
      for (const tool of toolsThatMind(troubles.tools, change)) void useTool(tool, change);
    },
    api: (parts) => ({
      store: apiStore(() => api().store),
      clock: {
        nowMs: apiNowMs,
        elapsedMs: () => api().clock.elapsedMs(),
        sleep: parts.clock.sleep,
        alarm: parts.clock.alarm,
      },
      nudge: createTableNudge({
        store: {
          get: (...args) => api().store.get(...args),
          transact: (writes) => api().store.transact(writes),
        },
        clock: { ...parts.clock, nowMs: apiNowMs },
        log: parts.log,
      }).nudge,
      newId: () => newId(random),
      settings: { ...parts.settings, pendingTtlHours: 5 / 60, clockSkewMs: SKEW_MS },
    }),
  });
  misfortunes.begin();
  /** Unless it was given up meanwhile, the tool makes of the assignment what it wants. */
  const useTool = async (tool: Tool, { assignment }: AssignmentChange): Promise<void> => {
    await clock.sleep(tool.delayMs);
    if (!troubles.tools.has(tool)) return;
    const kind = tool.wants === 'present' ? 'assign' : 'unassign';
    options.onTrace?.(`${at(clock.elapsedMs())} another tool does ${kind} ${tool.assignmentId}`);
    world.model.change({ kind, assignment }, clock.nowMs());
  };
  let policy: Policy = world.policy;

  const scene: Scene = {
    store: world.store,
    nowMs: world.clock.nowMs,
    elapsedMs: world.clock.elapsedMs,
    isLive: (id) => {
      const assignment = seenAssignment(id);
      if (assignment === undefined) return false;
      return world.model.isAssigned({ ...assignment, principalType: 'USER' }, world.clock.nowMs());
    },
    isBlind: (id) => troubles.isBlind(id),
    wasTyped: troubles.wasTyped,
    limits: { count: surroundings.brakeCount, share: 0 },
    leaseMs: LEASE_MS,
    actor: (name) => everybody.get(name),
    faults,
    denials: troubles.denials,
    isFoughtOver: troubles.isFoughtOver,
    aws: createAwsNow(world.model, world.clock.nowMs),
    metricsOf: (name) => numbers.get(name),
    report: (check, what) => {
      options.onTrace?.(`VIOLATION ${check}: ${what}`);
      violations.push({ check, what });
    },
  };
  watchers.push(
    ...[
      watchClaims,
      watchCalls,
      watchRows,
      watchTruth,
      watchView,
      watchDoubt,
      watchEndings,
      watchHeat,
      watchMetrics,
      watchTold,
      watchRecord,
    ].map((watch) => watch(scene)),
  );
  void lookAgainAndAgain(clock, watchers);
  if (options.onTrace !== undefined) watchers.push(tracer(world.clock.elapsedMs, options.onTrace));

  const start = (slot: number): Running => {
    names += 1;
    const name = `process-${names}`;
    const own = clockOf(String(slot), surroundings.skewsMs[slot] ?? 0);
    const watch = watchClock(own, SKEW_MS);
    const doors = { tables: watch.listenTo('DynamoDB'), aws: watch.listenTo('Identity Center') };
    const process = part(name, own, (kind, answer) =>
      (kind === 'ask' || kind === 'call' ? doors.aws : doors.tables).onDate(answer),
    );
    const lists = createPairLists(name, world.clock.nowMs, (listed) => tell('listed', listed));
    const send = (command: SdkCommand) => {
      const called = calledBy(name, command);
      if (called !== undefined) tell('called', called);
      const decidedMs = world.clock.elapsedMs();
      return sendToAws(
        process,
        world.model,
        (sent) => {
          if (called !== undefined) tell('arrived', { ...called, decidedMs });
          return lists.observe(sent, world.clients.ssoAdmin.send(sent));
        },
        command,
      );
    };
    // What it was started with: the policy of those that come later may be another one.
    const permitted = permittedSend('reconciler', policy.scope, send);
    const seen = createSeenMetrics();
    numbers.set(name, seen);
    const reconciler = world.start({
      metrics: seen.metrics,
      store: process.store,
      clock: watch.clock,
      clockState: watch.state,
      holder: name,
      random: seededRandom(history.seed * 101 + names),
      policy,
      ...(surroundings.canary === true ? { canary: CANARY } : {}),
      sweepIntervalMs: SWEEP_MS,
      leaseDurationMs: LEASE_MS,
      openIdentityCenter: () =>
        openIdentityCenter({
          send: permitted,
          instanceArn: DEMO_INSTANCE_ARN,
          clock: process.clock,
          ratePerSecond: 15,
          outstandingMax: 10,
          sweepShare: 0.3,
          onCall: () => undefined,
        }),
      send: (body) => {
        tell('sent', body);
        return sendToChat(process, body, (told) => chatAnswers(world, told, () => tell('accepted', told)));
      },
    });
    const started: Running = {
      name,
      clock: believedClock(own, clock),
      offMs: () => own.nowMs() - clock.nowMs(),
      policy,
      process,
      reconciler,
    };
    everybody.set(name, started);
    running[slot] = started;
    return started;
  };

  /** Somebody starts it again, as an orchestrator would. */
  const died = (name: string): void => {
    options.onTrace?.(`${at(world.clock.elapsedMs())} ${name} dies`);
    if (name === 'api') {
      apiProcess = undefined;
      asked.clear();
      return;
    }
    const slot = running.findIndex((each) => each.name === name);
    running[slot]?.reconciler.kill();
    if (!flags.supervised) return;
    const waitMs = 500 + random() * 20 * SECOND;
    void world.clock.sleep(waitMs).then(() => {
      if (running[slot]?.name === name) start(slot);
    });
  };

  const end = async (slot: number): Promise<void> => {
    const ended = running[slot];
    if (ended === undefined || ended.process.isDead()) return;
    // The world's own stop would let time pass by itself, in the middle of everything else.
    await ended.reconciler.reconciler.stop();
    ended.process.die();
  };

  return {
    history,
    world,
    misfortunes,
    violations,
    running,
    flags,
    faults,
    troubles,
    /** Begins a call of the API; a process that dies never answers it. */
    ask(...call: Parameters<typeof world.begin>): ReturnType<typeof world.begin> {
      asks += 1;
      const answer = world.begin(...call);
      const answered = answer.catch(() => undefined).finally(() => asked.delete(answered));
      asked.add(answered);
      return answer;
    },
    isAsked: () => asked.size > 0,
    random,
    scene,
    tell,
    watch: (watcher: Watcher) => void watchers.push(watcher),
    start,
    end,
    policy: () => policy,
    /** What processes are started with from now on. */
    setPolicy(next: Policy) {
      policy = next;
    },
    apiProcess: api,
    trace: (line: string) => options.onTrace?.(`${at(world.clock.elapsedMs())} ${line}`),
  };
}

/** As the process should believe it: where its own clock is far off, it knows the time from AWS. */
function believedClock(own: ProcessClock, trueClock: WallClock): ProcessClock {
  const nowMs = () => {
    const [ownMs, trueMs] = [own.nowMs(), trueClock.nowMs()];
    return Math.abs(ownMs - trueMs) > SKEW_MS ? trueMs : ownMs;
  };
  return { ...own, nowMs };
}

/** For as long as somebody lets its time pass. */
async function lookAgainAndAgain(clock: Pick<Clock, 'sleep'>, watchers: readonly Watcher[]): Promise<void> {
  for (;;) {
    await clock.sleep(LOOK_MS);
    for (const watcher of watchers) watcher.look?.();
  }
}

function chatAnswers(
  world: Awaited<ReturnType<typeof createWorld>>,
  body: Parameters<Parameters<typeof sendToChat>[2]>[0],
  onAccepted: () => void,
) {
  if (world.chat.answer === 'down') return { kind: 'unreachable', why: 'down' } as const;
  world.messages.push(body);
  onAccepted();
  return { kind: 'accepted' } as const;
}

/** The API goes on with the process that runs now. */
function apiStore(now: () => Store): Store {
  return {
    get: (...args) => now().get(...args),
    getMany: (...args) => now().getMany(...args),
    query: (...args) => now().query(...args),
    scan: (...args) => now().scan(...args),
    transact: (...args) => now().transact(...args),
  };
}

function newId(random: () => number): string {
  const hex = () =>
    Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  const text = hex() + hex() + hex() + hex();
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-8${text.slice(17, 20)}-${text.slice(20)}`;
}

function calledBy(by: string, command: SdkCommand) {
  const operation = /^(Create|Delete)AccountAssignment/.exec(command.constructor.name)?.[1]?.toUpperCase();
  if (operation !== 'CREATE' && operation !== 'DELETE') return undefined;
  const { TargetId, PermissionSetArn, PrincipalId } = command.input as Readonly<Record<string, string>>;
  return { by, operation, assignmentId: `${TargetId}#${PermissionSetArn}#${PrincipalId}` } as const;
}

function at(elapsedMs: number): string {
  return `${(elapsedMs / 1000).toFixed(1).padStart(7)} s`;
}

/** Rows that hands filled are not for reading. */
const LINE_MAX = 3_000;

/** Everything as lines, for whoever reads a failing seed. */
function tracer(elapsedMs: () => number, line: (text: string) => void): Watcher {
  const say = (text: string) => line(`${at(elapsedMs())} ${text}`);
  return {
    written: ({ by, writes, after }) => {
      for (const [position, { table, kind }] of writes.entries())
        if (table !== 'nonces')
          say(`${by} ${kind} ${table} ${JSON.stringify(after[position])?.slice(0, LINE_MAX)}`);
    },
    called: ({ by, operation, assignmentId }) => say(`${by} decides to ${operation} ${assignmentId}`),
    arrived: ({ by, operation, assignmentId }) => say(`${by} calls ${operation} ${assignmentId}`),
    listed: ({ by, pair, principalIds }) =>
      say(`${by} lists ${pair}: ${[...principalIds].join(', ') || 'nobody'}`),
    accepted: (body) => say(`the chat is told ${JSON.stringify(body)}`),
    changed: ({ assignment, present }) =>
      say(`AWS: ${present ? 'live' : 'gone'} ${JSON.stringify(assignment)}`),
  };
}
