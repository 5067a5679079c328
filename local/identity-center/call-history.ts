// The recent calls, for people who rehearse a bad day. A bounded ring: it forgets the oldest.

import type { Answer, ServiceCall } from './model.ts';

export type PastCall = {
  at: string;
  operation: string;
  /** `reply`, the name of the error, or what happened to the connection. */
  outcome: string;
  requestId: string;
  delayMs: number;
  input: unknown;
};

export type CallHistory = {
  add(call: ServiceCall, answer: Answer, nowMs: number): void;
  /** Newest first. */
  recent(): PastCall[];
};

export function createCallHistory(capacity: number): CallHistory {
  const calls: PastCall[] = [];
  return {
    add({ operation, input }, { outcome, requestId, delayMs }, nowMs) {
      const said = outcome.kind === 'error' ? outcome.name : outcome.kind;
      calls.push({ at: new Date(nowMs).toISOString(), operation, outcome: said, requestId, delayMs, input });
      if (calls.length > capacity) calls.shift();
    },
    recent: () => calls.toReversed(),
  };
}
