// Identity Center behind one call budget: reader, writer and slots that belong together. Each leader opens its own, so
// that a new one starts with an empty bucket and a closed one calls nothing more.

import { type Assignment, assignmentId } from '../assignment.ts';
import type { Clock } from '../clock.ts';
import type { ReconcilerConfig } from '../config.ts';
import { withTimeLimit } from '../time-limit.ts';
import { type CallBudgetState, createCallBudget } from './call-budget.ts';
import { classifyError, isNotFound } from './classify-error.ts';
import type { StatusListCommand } from './list-statuses.ts';
import { createOperationFollower, type OperationFollower } from './operation-follower.ts';
import type { OperationKind } from './operation-words.ts';
import { createReadLive, type ReadCommand } from './read-live.ts';
import { createWriteLive, type WriteCommand, type WriteLive, type WriteOutcome } from './write-live.ts';

export type OpenOptions = {
  /** Must not retry by itself: a repeated call would spend what was not counted. */
  readonly send: (command: ReadCommand | WriteCommand | StatusListCommand) => Promise<unknown>;
  readonly instanceArn: string;
  readonly clock: Clock;
  readonly ratePerSecond: number;
  readonly outstandingMax: number;
  readonly sweepShare: number;
  /** Told of every call after it ended. */
  readonly onCall: (operation: string, outcome: CallOutcomeLabel) => void;
};

export type CallOutcomeLabel = 'ok' | 'already_so' | 'not_yet' | 'throttled' | 'later' | 'refused';

/** Answers normally come within half a second, and the SDK gives up after 10 s: what is later than this never comes. */
const ANSWER_MAX_MS = 15_000;

export function openIdentityCenter(options: OpenOptions) {
  const { instanceArn, clock } = options;
  const send = counting(limited(options));
  const budget = createCallBudget(options);
  let tellEnded: (assignmentId: string) => void = () => undefined;
  const follower = createOperationFollower({
    send,
    instanceArn,
    budget,
    clock,
    onEnded: (key) => tellEnded(key),
  });
  return {
    live: createReadLive({ send, instanceArn, budget, clock, follower }),
    writer: following(createWriteLive({ send, instanceArn }), follower),
    whenEnded(tell: (assignmentId: string) => void) {
      tellEnded = tell;
    },
    slots: {
      operate: budget.operate.bind(budget),
      finish(key: string) {
        follower.drop(key);
        budget.finish(key);
      },
      adopt: budget.adopt.bind(budget),
      raise: budget.raise.bind(budget),
    },
    isQueued: budget.isQueued.bind(budget),
    budgetState: (): CallBudgetState => budget.state(),
    close() {
      follower.close();
      budget.close();
    },
  };
}

/** What AWS accepted is followed from then on, under the name that its slot has: that of the assignment. */
function following(writer: WriteLive, follower: Pick<OperationFollower, 'follow'>): WriteLive {
  const follow = (kind: OperationKind, assignment: Assignment, outcome: WriteOutcome): WriteOutcome => {
    if (outcome.kind === 'accepted') follower.follow({ key: assignmentId(assignment), kind, id: outcome.id });
    return outcome;
  };
  return {
    createAssignment: async (assignment) =>
      follow('CREATE', assignment, await writer.createAssignment(assignment)),
    deleteAssignment: async (assignment) =>
      follow('DELETE', assignment, await writer.deleteAssignment(assignment)),
  };
}

/** An answer that does not come is a lost one: nobody knows whether AWS acted. */
function limited(options: OpenOptions): OpenOptions {
  const { send, clock } = options;
  return {
    ...options,
    send: (command) => withTimeLimit(clock, ANSWER_MAX_MS, operationOf(command), () => send(command)),
  };
}

function operationOf(command: Parameters<OpenOptions['send']>[0]): string {
  return command.constructor.name.replace(/Command$/, '');
}

function counting({ send, onCall }: OpenOptions): OpenOptions['send'] {
  return async (command) => {
    const operation = operationOf(command);
    try {
      const reply = await send(command);
      onCall(operation, 'ok');
      return reply;
    } catch (error) {
      onCall(operation, labelOf(error));
      throw error;
    }
  };
}

function labelOf(error: unknown): CallOutcomeLabel {
  if (isNotFound(error)) return 'not_yet';
  const { kind, throttled } = classifyError(error);
  if (throttled !== undefined) return 'throttled';
  if (kind === 'conflict') return 'not_yet';
  return kind === 'refused' ? 'refused' : 'later';
}

/** What a reconciler's configuration makes of it: each call opens one for a new leader. */
export function identityCenterOf(
  config: Pick<
    ReconcilerConfig,
    'instanceArn' | 'identityCenterRate' | 'identityCenterOutstandingMax' | 'sweepRateShare'
  >,
  effects: Pick<OpenOptions, 'send' | 'clock' | 'onCall'>,
): () => ReturnType<typeof openIdentityCenter> {
  return () =>
    openIdentityCenter({
      ...effects,
      instanceArn: config.instanceArn,
      ratePerSecond: config.identityCenterRate,
      outstandingMax: config.identityCenterOutstandingMax,
      sweepShare: config.sweepRateShare,
    });
}
