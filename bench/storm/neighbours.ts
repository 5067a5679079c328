// How the neighbours end access, as MODELS made after their code: each keeps a timer or a workflow per grant, and none of
// them shares a budget. They meet the same AWS as the controller does. What they would do after an error is modelled
// kindly: everything that failed is begun again, as a whole, a minute later.

import { DescribeAccountAssignmentDeletionStatusCommand } from '@aws-sdk/client-sso-admin';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { assignmentId } from '../../src/assignment.ts';
import { createWriteLive } from '../../src/aws/write-live.ts';
import { SECOND } from '../../test/world.ts';
import type { StormRequest, StormWorld } from './storm-world.ts';
import { countCalls, type StormOutcome } from './strategy.ts';

type Send = (command: { readonly input: unknown }) => Promise<unknown>;
type Ended = 'gone' | 'failed';

const BEGIN_AGAIN_MS = 60 * SECOND;

/** The workflow of a queue with one worker: the next one begins when AWS has ended the one before. */
export function oneAtATime(storm: StormWorld, options: { readonly maxMs: number }): Promise<StormOutcome> {
  return inRounds(storm, options, async (requests, send) => {
    const ended: Ended[] = [];
    for (const request of requests)
      ended.push(await deleteAndPoll(storm, send, { request, pollMs: 2 * SECOND }));
    return ended;
  });
}

/** One workflow per grant, all begun in the same moment. */
export function allAtOnce(storm: StormWorld, options: { readonly maxMs: number }): Promise<StormOutcome> {
  return inRounds(storm, options, (requests, send) =>
    Promise.all(requests.map((request) => deleteAndPoll(storm, send, { request, pollMs: SECOND }))),
  );
}

async function inRounds(
  storm: StormWorld,
  { maxMs }: { readonly maxMs: number },
  round: (requests: readonly StormRequest[], send: Send) => Promise<readonly Ended[]>,
): Promise<StormOutcome> {
  const { world, granted, gone } = storm;
  const counted = countCalls();
  const send = withSdkRetries(storm, (command) => {
    counted.count(command);
    return world.clients.ssoAdmin.send(command);
  });
  const beganMs = world.clock.nowMs();
  const work = async (): Promise<{ left: number; leftAtFirst: number }> => {
    let left = granted;
    let leftAtFirst: number | undefined;
    while (left.length > 0 && world.clock.nowMs() - beganMs < maxMs) {
      const ended = await round(left, send);
      left = left.filter((_, n) => ended[n] === 'failed');
      leftAtFirst ??= left.length;
      if (left.length > 0) await world.clock.sleep(BEGIN_AGAIN_MS);
    }
    return { left: left.length, leftAtFirst: leftAtFirst ?? 0 };
  };
  const { left, leftAtFirst } = await world.clock.run(work(), { maxMs: 30 * 24 * 3_600_000 });
  const lastMs = granted.reduce(
    (last, { assignment }) => Math.max(last, gone.get(assignmentId(assignment)) ?? 0),
    0,
  );
  return {
    changedMs: lastMs - beganMs,
    provedMs: world.clock.nowMs() - beganMs,
    left,
    leftAtFirst,
    calls: counted.calls,
  };
}

async function deleteAndPoll(
  { world }: StormWorld,
  send: Send,
  { request, pollMs }: { readonly request: StormRequest; readonly pollMs: number },
): Promise<Ended> {
  const writer = createWriteLive({ send, instanceArn: DEMO_INSTANCE_ARN });
  const begun = await writer.deleteAssignment(request.assignment);
  if (begun.kind === 'failed') return 'failed';
  try {
    for (;;) {
      await world.clock.sleep(pollMs);
      const told = (await send(
        new DescribeAccountAssignmentDeletionStatusCommand({
          InstanceArn: DEMO_INSTANCE_ARN,
          AccountAssignmentDeletionRequestId: begun.id,
        }),
      )) as { AccountAssignmentDeletionStatus: { Status: string; FailureReason?: string } };
      const { Status: status, FailureReason: reason = '' } = told.AccountAssignmentDeletionStatus;
      if (status !== 'IN_PROGRESS')
        return status === 'SUCCEEDED' || reason.includes('404') ? 'gone' : 'failed';
    }
  } catch {
    return 'failed';
  }
}

const SDK_ATTEMPTS = 3;
const SDK_THROTTLED_MS = 500;
const SDK_DELAY_MAX_MS = 20_000;

/**
 * The SDK's standard retries (`@smithy/core`, standard retry strategy): three attempts, full jitter from half a second
 * doubling for what is throttled. A conflict is not retried.
 */
function withSdkRetries({ world, random }: StormWorld, send: Send): Send {
  return async (command) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(command);
      } catch (error) {
        const isThrottled = error instanceof Error && error.name === 'ThrottlingException';
        if (!isThrottled || attempt >= SDK_ATTEMPTS) throw error;
        await world.clock.sleep(random() * Math.min(SDK_DELAY_MAX_MS, SDK_THROTTLED_MS * 2 ** (attempt - 1)));
      }
    }
  };
}
