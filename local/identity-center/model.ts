// Identity Center and Identity Store as one state machine: a call and an instant in, an answer out. It never reads a
// clock, draws only from the randomness handed in, and knows nothing of HTTP or the SDK: the doors do.

import { AwsError, type AwsErrorMembers, type AwsErrorName } from './aws-error.ts';
import { drawBetween, type Output } from './call.ts';
import { settle } from './conclude-operation.ts';
import { type Fault, type FaultRule, parseFaultRule, takeFault } from './fault-rule.ts';
import type { Operation } from './operation-log.ts';
import { isOperationOf, type Service } from './operation-names.ts';
import { OPERATIONS } from './operations.ts';
import type { Assignment, Organisation } from './organisation.ts';
import { parseOrExplain } from './parse-or-explain.ts';
import { newRequestId } from './request-id.ts';
import { applySettings, type Settings } from './settings.ts';
import { type Snapshot, snapshotOf, worldFromSnapshot } from './snapshot.ts';
import { takeToken } from './token-bucket.ts';
import { type AssignmentChange, isAssigned, type World } from './world.ts';
import { applyWorldChange, type WorldChange, worldChangeSchema } from './world-change.ts';
import { worldOf } from './world-of.ts';

export type ServiceCall = {
  service: Service;
  /** As AWS names it, for example `CreateAccountAssignment`. */
  operation: string;
  input: unknown;
};

export type Outcome =
  | { kind: 'reply'; output: Output }
  | { kind: 'error'; name: AwsErrorName; message: string; members: AwsErrorMembers; httpStatusCode: number }
  /** The connection breaks; `committed` if the call took effect. */
  | { kind: 'connection-reset'; committed: boolean }
  /** A 503 whose body is HTML. */
  | { kind: 'html-503'; committed: boolean }
  /** Nothing happened yet: put the same call to `callLate` when `delayMs` have passed. */
  | { kind: 'not-arrived' };

export type Answer = {
  requestId: string;
  /** How long the answer takes to reach the caller. */
  delayMs: number;
  /** Whether something changed that a restart must not forget. */
  changed: boolean;
  outcome: Outcome;
};

export type ModelOptions = {
  /** `[0, 1)`, like Math.random. */
  random: () => number;
  /** What differs from the defaults, or from the snapshot's settings. */
  settings?: Partial<Settings>;
  /** Told of every assignment that appears or disappears, whoever did it. Must not call the model. */
  onAssignmentChange?: (change: AssignmentChange) => void;
} & ({ organisation: Organisation } | { snapshot: unknown });

export type IdentityCenterModel = ReturnType<typeof createIdentityCenterModel>;

/** Instants are epoch milliseconds of AWS's own time; an earlier one than before counts as no time passed. */
export function createIdentityCenterModel(options: ModelOptions) {
  const world = startingWorld(options);
  return {
    call: (call: ServiceCall, nowMs: number): Answer => answerCall(world, call, nowMs, false),
    /** Carries out a call that was `not-arrived` at first. */
    callLate: (call: ServiceCall, nowMs: number): Answer => answerCall(world, call, nowMs, true),

    settings: (): Settings => ({ ...world.settings }),
    /** Throws `InvalidInputError` naming each bad field. */
    changeSettings(patch: unknown): Settings {
      world.settings = applySettings(world.settings, patch);
      return { ...world.settings };
    },

    faults: (): FaultRule[] => structuredClone(world.faults),
    /** Appends to the queue; throws `InvalidInputError` naming each bad field. */
    addFault(rule: unknown): FaultRule {
      const parsed = parseFaultRule(rule);
      world.faults.push(parsed);
      return structuredClone(parsed);
    },
    clearFaults(): void {
      world.faults = [];
    },

    /** A change by another hand, at once. Throws `InvalidInputError` naming each bad field. */
    change(change: WorldChange, nowMs: number): void {
      const parsed = parseOrExplain(worldChangeSchema, change, 'change');
      settle(world, nowMs);
      applyWorldChange(world, parsed);
    },

    /** The truth, without lag, in order of their making. Walks all rows. */
    assignments(nowMs: number): Assignment[] {
      settle(world, nowMs);
      const entries = [...world.assignments.present()].sort((a, b) => a.seq - b.seq);
      return entries.map(({ row }) => ({ ...row }));
    },
    /** The truth about one row, without lag. */
    isAssigned(assignment: Assignment, nowMs: number): boolean {
      settle(world, nowMs);
      return isAssigned(world, assignment);
    },
    operationsInFlight(nowMs: number): Operation[] {
      settle(world, nowMs);
      return structuredClone([...world.operations.inFlight()]);
    },

    snapshot: (): Snapshot => snapshotOf(world),
  };
}

function startingWorld(options: ModelOptions): World {
  const { random, onAssignmentChange = () => {} } = options;
  const source = { random, onAssignmentChange };
  const world =
    'snapshot' in options
      ? worldFromSnapshot(options.snapshot, source)
      : worldOf(options.organisation, source);
  world.settings = applySettings(world.settings, options.settings ?? {});
  return world;
}

function answerCall(world: World, call: ServiceCall, nowMs: number, hasTravelled: boolean): Answer {
  settle(world, nowMs);
  const requestId = newRequestId(world.random);
  const refusal = refusalAtTheDoor(world, call);
  const fault = refusal || hasTravelled ? undefined : takeFault(world.faults, call, world.random);
  const outcome = refusal ?? outcomeOf(world, call, fault);
  const changed = world.changed || fault !== undefined;
  world.changed = false;
  return { requestId, delayMs: drawDelayMs(world, fault), changed, outcome };
}

/** Before any fault: what is unknown or beyond the rate uses up no rule. */
function refusalAtTheDoor(world: World, { service, operation }: ServiceCall): Outcome | undefined {
  if (!isOperationOf(service, operation)) return errorOutcome(new AwsError('UnknownOperationException'));
  if (takeToken(world.buckets[service], limitsOf(world, service), world.nowMs)) return undefined;
  return errorOutcome(new AwsError('ThrottlingException'));
}

function drawDelayMs({ settings, random }: World, fault: Fault | undefined): number {
  if (fault?.kind === 'late-arrival') return fault.delayMs;
  const usualMs = drawBetween(random, settings.answerMinMs, settings.answerMaxMs);
  return fault?.kind === 'slow-answer' ? usualMs + fault.delayMs : usualMs;
}

function outcomeOf(world: World, call: ServiceCall, fault: Fault | undefined): Outcome {
  const missed = neverArrived(fault);
  // AWS knows nothing of this call (yet), so it costs nothing.
  if (missed !== undefined) world.buckets[call.service].tokens += 1;
  const instead = missed ?? (isRefused(fault) ? disturbed(fault) : undefined);
  if (instead !== undefined) return instead;
  try {
    const output = perform(world, call, fault);
    return disturbed(fault) ?? { kind: 'reply', output };
  } catch (error) {
    if (error instanceof AwsError) return errorOutcome(error);
    throw error;
  }
}

function neverArrived(fault: Fault | undefined): Outcome | undefined {
  if (fault?.kind === 'late-arrival') return { kind: 'not-arrived' };
  if (fault?.kind !== 'connection-reset' || fault.committed) return undefined;
  return { kind: 'connection-reset', committed: false };
}

function perform(world: World, { service, operation, input }: ServiceCall, fault: Fault | undefined): Output {
  if (!isOperationOf(service, operation)) throw new AwsError('UnknownOperationException');
  return OPERATIONS[operation]({ world, operation, input, nowMs: world.nowMs, fault });
}

/** 20 calls a second each (quota page, IAM Identity Center user guide); `sso` shares its with other tools. */
function limitsOf({ settings }: World, service: Service) {
  const { ratePerSecond, otherToolsRatePerSecond, identityStoreRatePerSecond, rateBurst } = settings;
  const left = Math.max(0, ratePerSecond - otherToolsRatePerSecond);
  return { perSecond: service === 'sso' ? left : identityStoreRatePerSecond, burst: rateBurst };
}

/** The caller is told something else, and the call has no effect. */
function isRefused(fault: Fault | undefined): boolean {
  return (fault?.kind === 'error' || fault?.kind === 'html-503') && !fault.committed;
}

/** What the caller is told instead of the reply. */
function disturbed(fault: Fault | undefined): Outcome | undefined {
  if (fault?.kind === 'error') {
    const members = fault.reason === undefined ? {} : { Reason: fault.reason };
    return errorOutcome(new AwsError(fault.name, fault.message, members));
  }
  if (fault?.kind === 'connection-reset' || fault?.kind === 'html-503') {
    return { kind: fault.kind, committed: fault.committed };
  }
  return undefined;
}

function errorOutcome({ name, message, members, httpStatusCode }: AwsError): Outcome {
  return { kind: 'error', name, message, members, httpStatusCode };
}
