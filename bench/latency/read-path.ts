// What our processes asked of the tables and of Identity Center for one revoke, from what they called: step after step,
// and in each step what was asked at once. Pure.

import type { NotedCall } from './note-calls.ts';

export type PathCall = Pick<NotedCall, 'operation' | 'body'>;

export type Path = {
  readonly toDelete: readonly (readonly PathCall[])[];
  /** From there on, until the proof is recorded. */
  readonly toProof: readonly (readonly PathCall[])[];
};

export type About = { readonly requestId: string; readonly accountId: string; readonly userId: string };

/** When the request's row said that the access is gone; undefined where it did not yet. */
export function findProof(calls: readonly NotedCall[], { requestId }: About): NotedCall | undefined {
  return calls.find(
    ({ operation, body }) =>
      operation === 'TransactWriteItems' && body.includes(requestId) && body.includes('removed_at'),
  );
}

/** The path of the revoke that is proved in these calls; undefined where it is not. */
export function readPath(calls: readonly NotedCall[], about: About): Path | undefined {
  const proof = findProof(calls, about);
  const remove = findDelete(calls);
  if (proof === undefined || remove === undefined) return undefined;
  const path = callsOnPath(calls, about).filter((call) => call.endedMs <= proof.endedMs);
  return {
    toDelete: stepsOf(path.filter((call) => call.startedMs <= remove.startedMs)),
    toProof: stepsOf(path.filter((call) => call.startedMs > remove.startedMs)),
  };
}

/** How long calls of the path were under way before the Delete was sent: what is left was spent by ourselves. */
export function inCallsMs(calls: readonly NotedCall[], about: About): number {
  const remove = findDelete(calls);
  let spentMs = 0;
  let untilMs = 0;
  for (const { startedMs, endedMs } of callsOnPath(calls, about)) {
    if (remove === undefined || startedMs >= remove.startedMs) break;
    spentMs += Math.max(0, endedMs - Math.max(startedMs, untilMs));
    untilMs = Math.max(untilMs, endedMs);
  }
  return spentMs;
}

function findDelete(calls: readonly NotedCall[]): NotedCall | undefined {
  return calls.find(({ operation }) => operation === 'DeleteAccountAssignment');
}

function callsOnPath(calls: readonly NotedCall[], about: About): readonly NotedCall[] {
  const flip = calls.find(({ body }) => body.includes(about.requestId) && body.includes('revoked_at'));
  return calls
    .filter((call) => isOnPath(call, about, flip?.startedMs ?? 0))
    .sort((left, right) => left.startedMs - right.startedMs);
}

/** The same for paths of the same calls, whatever they are about. */
export function shapeOf({ toDelete, toProof }: Path): string {
  const shape = (steps: Path['toDelete']) =>
    steps.map((step) => step.map(describeCall).join(' and ')).join(', ');
  return `${shape(toDelete)}; ${shape(toProof)}`;
}

export function describeCall({ operation, body }: PathCall): string {
  const tables = [...new Set([...body.matchAll(/jit_\w+/g)].map(([table]) => table))];
  const index = /"IndexName":"(\w+)"/.exec(body)?.[1];
  return [operation, ...tables, ...(index === undefined ? [] : [index])].join(' ');
}

/** What goes on beside it is not: the lease, nudges, the sweep, the outbox, and the API that waits for the proof. */
function isOnPath(call: NotedCall, about: About, flippedMs: number): boolean {
  const { operation, body, startedMs } = call;
  if (operation === 'ListAccountAssignments') return body.includes(about.accountId);
  if (/Account|PermissionSet/.test(operation)) return /Delet/.test(operation);
  if (/jit_(outbox|control)"/.test(body) && !body.includes('jit_requests'))
    return body.includes(about.userId);
  if (operation === 'GetItem' && body.includes('jit_requests')) return startedMs <= flippedMs;
  return !body.includes('gsi_pair');
}

/** Calls that began before the first of them was answered were made at once. */
function stepsOf(calls: readonly NotedCall[]): readonly (readonly PathCall[])[] {
  const steps: { firstEndMs: number; calls: PathCall[] }[] = [];
  for (const { operation, body, startedMs, endedMs } of calls) {
    const step = steps[steps.length - 1];
    if (step === undefined || startedMs >= step.firstEndMs)
      steps.push({ firstEndMs: endedMs, calls: [{ operation, body }] });
    else {
      step.calls.push({ operation, body });
      step.firstEndMs = Math.min(step.firstEndMs, endedMs);
    }
  }
  return steps.map((step) => step.calls);
}
