// The real controller in a storm: the real handlers are told, and the real loop does the rest.

import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { assignmentId } from '../../src/assignment.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import { type Process, SECOND, type World } from '../../test/world.ts';
import type { StormBudget } from './storm-budget.ts';
import type { StormRequest, StormWorld } from './storm-world.ts';
import { countCalls, type StormOutcome } from './strategy.ts';

const LOOK_MS = SECOND;

/** A leader under this budget that has taken the tables over. It does not sweep: that yields to endings anyway. */
export async function startController(
  world: World,
  budget: StormBudget,
  onCall: (command: object) => void,
): Promise<Process> {
  const process = world.start({
    sweepIntervalMs: 1e9,
    openIdentityCenter: () =>
      openIdentityCenter({
        send: (command) => {
          onCall(command);
          return world.clients.ssoAdmin.send(command);
        },
        instanceArn: DEMO_INSTANCE_ARN,
        clock: world.clock,
        ...budget,
        sweepShare: 0.3,
        onCall: () => undefined,
      }),
  });
  for (let i = 0; i < 600 && !process.reconciler.isLeading(); i += 1) await world.advance(SECOND);
  return process;
}

/** Revokes all that is granted and lets the loop grant all that is approved. */
export async function runController(
  storm: StormWorld,
  options: { readonly budget: StormBudget; readonly maxMs: number },
): Promise<StormOutcome> {
  const { world, granted, approved } = storm;
  const counted = countCalls();
  const proved = provedTimes(world);
  const beganMs = world.clock.nowMs();
  for (const { requestId } of granted) await world.revoke(requestId);
  const process = await startController(world, options.budget, counted.count);
  const all = [...granted, ...approved];
  while (world.clock.nowMs() - beganMs < options.maxMs && all.some(({ requestId }) => !proved.has(requestId)))
    await world.advance(LOOK_MS);
  const outcome = {
    changedMs: lastOf([...granted.map(goneMs(storm)), ...approved.map(madeMs(storm))]) - beganMs,
    provedMs: lastOf(all.map(({ requestId }) => proved.get(requestId))) - beganMs,
    left: all.filter(({ requestId }) => !proved.has(requestId)).length,
    leftAtFirst: 0,
    calls: counted.calls,
  };
  await process.stop();
  return outcome;
}

/** When each request was said to be granted or removed, after it was seen so. */
export function provedTimes(world: World): ReadonlyMap<string, number> {
  const proved = new Map<string, number>();
  const { hooks } = world.store;
  hooks.onAfterWrite = (writes) => {
    for (const write of writes) {
      if (write.table !== 'audit' || write.kind !== 'put') continue;
      const { event_type: type, request_id: id } = write.row;
      if (type === 'REMOVED' || type === 'EXPIRED' || type === 'GRANTED')
        proved.set(String(id), world.clock.nowMs());
    }
  };
  return proved;
}

const goneMs =
  ({ gone }: StormWorld) =>
  (request: StormRequest) =>
    gone.get(assignmentId(request.assignment));
const madeMs =
  ({ made }: StormWorld) =>
  (request: StormRequest) =>
    made.get(assignmentId(request.assignment));

function lastOf(times: readonly (number | undefined)[]): number {
  return times.reduce<number>((last, time) => Math.max(last, time ?? Number.POSITIVE_INFINITY), 0);
}
