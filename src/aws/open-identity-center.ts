// Identity Center behind one call budget: reader, writer and slots that belong together. Each leader opens its own, so
// that a new one starts with an empty bucket and a closed one calls nothing more.

import type { Clock } from '../clock.ts';
import type { ReconcilerConfig } from '../config.ts';
import { type CallBudgetState, createCallBudget } from './call-budget.ts';
import { classifyError, isNotFound } from './classify-error.ts';
import { createReadLive, type ReadCommand } from './read-live.ts';
import { createWriteLive, type WriteCommand } from './write-live.ts';

export type OpenOptions = {
  /** Must not retry by itself: a repeated call would spend what was not counted. */
  readonly send: (command: ReadCommand | WriteCommand) => Promise<unknown>;
  readonly instanceArn: string;
  readonly clock: Clock;
  readonly ratePerSecond: number;
  readonly outstandingMax: number;
  readonly sweepShare: number;
  /** Told of every call after it ended. */
  readonly onCall: (operation: string, outcome: CallOutcomeLabel) => void;
};

export type CallOutcomeLabel = 'ok' | 'already_so' | 'not_yet' | 'throttled' | 'later' | 'refused';

export function openIdentityCenter(options: OpenOptions) {
  const { instanceArn, clock } = options;
  const send = counting(options);
  const budget = createCallBudget(options);
  return {
    live: createReadLive({ send, instanceArn, budget, clock }),
    writer: createWriteLive({ send, instanceArn }),
    slots: {
      operate: budget.operate.bind(budget),
      finish: budget.finish.bind(budget),
      adopt: budget.adopt.bind(budget),
      raise: budget.raise.bind(budget),
    },
    budgetState: (): CallBudgetState => budget.state(),
    close: () => budget.close(),
  };
}

function counting({ send, onCall }: OpenOptions): OpenOptions['send'] {
  return async (command) => {
    const operation = command.constructor.name.replace(/Command$/, '');
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
