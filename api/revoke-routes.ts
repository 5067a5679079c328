// `POST /requests/{id}/revoke`: flips first, then waits a while for the proof, and answers 200 either way, because the
// plugin takes anything else for a failure although the revoke stands.

import { z } from 'zod';
import type { RequestRow } from '../src/request.ts';
import { within } from '../src/within.ts';
import { alsoWantedBy } from './also-wanted-by.ts';
import { type Answer, ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { isProblem, type Problem, unavailable } from './problem.ts';
import { RequestAnswer, toRequestAnswer } from './request-answer.ts';
import { revokeRequest, waitForProof } from './revoke-request.ts';
import { postRoute, type Route } from './route.ts';

const actorText = z.string().trim().max(320).optional();

// Who revokes is for the record. A revoke must not fail over the form of an address, so one of the two is enough.
const RevokeBody = z
  .object({
    actor_mm_user_id: actorText.meta({ description: 'the chat id of who revokes, at most 320 characters' }),
    actor_email: actorText.meta({ description: 'the e-mail address of who revokes, at most 320 characters' }),
  })
  .refine((body) => body.actor_email || body.actor_mm_user_id, {
    message: 'Expected actor_email or actor_mm_user_id, to record who revokes',
    when: ({ value }) => typeof value === 'object',
  });

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'log' | 'nudge' | 'settings'>;

export function revokeRoutes(deps: Deps): readonly Route[] {
  return [
    postRoute('/requests/{id}/revoke', {
      callers: 'plugin',
      bucket: 'revoke',
      summary: 'Revoke a request: end its access now.',
      body: RevokeBody,
      answers: { status: 200, schema: RequestAnswer },
      handle: async ({ id, body }) => {
        const mmUserId = body.actor_mm_user_id || undefined;
        const by = {
          email: body.actor_email || mmUserId || '',
          ...(mmUserId === undefined ? {} : { mmUserId }),
        };
        const revoked = await revokeRequest(deps, id, { by, details: {} });
        if (isProblem(revoked)) return revoked;
        // Again for one that was revoked before and is not done: whoever asks twice wants it looked at.
        if (revoked.request.due_at !== undefined) deps.nudge([{ request_id: id }]);
        if (deps.settings.mode === 'observe') return onlyObserves();
        const waitMs = revoked.flipped ? deps.settings.revokeWaitMs : 0;
        return answerRevoked(deps, await waitForProof(deps, revoked.request, waitMs));
      },
    }),
  ];
}

const COURTESY_MS = 1000;

async function answerRevoked(deps: Deps, request: RequestRow): Promise<Answer> {
  // Courtesy only: the revoke stands, whether or not the ledger can be read.
  const reading = alsoWantedBy(deps.store, request, deps.clock.nowMs()).catch((error: unknown) => {
    deps.log.warn('the other requests for an access cannot be read', {
      error,
      requestId: request.request_id,
    });
    return [];
  });
  const others = (await within(deps.clock, COURTESY_MS, reading)) ?? [];
  const { defaultPermissionSetArn } = deps.settings;
  return ok(toRequestAnswer(request, { defaultPermissionSetArn, alsoWantedBy: others }));
}

/** A recorded revoke that this process will not carry out must never look like one that it will. */
export function onlyObserves(): Problem {
  return unavailable(
    'The revoke is recorded, but this controller only observes and removes nothing: remove the access in AWS, or through the controller that enforces.',
  );
}
