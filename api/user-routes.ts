// The operators' calls about a person as a whole: revoke everything, freeze, lift a freeze.

import { z } from 'zod';
import { holdKey, isFrozen, parseHoldRow } from '../src/principal-hold.ts';
import { normalizeEmail } from '../src/request.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { type Answer, ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { decideAndWrite } from './decide-and-write.ts';
import { decideUnfreeze } from './decide-hold.ts';
import { estimateRemovalSeconds } from './estimate-removal.ts';
import { email, instant, principalId, reason } from './fields.ts';
import { findPersons, type PersonName, type Persons } from './find-persons.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';
import { RequestAnswer, toRequestAnswer } from './request-answer.ts';
import { accessToRemove, revokeRequestsOf, writeHold } from './revoke-person.ts';
import { onlyObserves } from './revoke-routes.ts';
import { postRoute, type Route } from './route.ts';

const PersonBody = z.object({
  email: email.optional(),
  principal_id: principalId.optional(),
  actor_email: email,
  reason,
});

const RevokeUserBody = PersonBody.extend({
  freeze: z.boolean().optional().meta({ description: 'true or false' }),
  freeze_until: instant('end'),
});

const RevokeUserAnswer = z.object({
  principal_ids: z.array(z.string()),
  frozen: z.boolean(),
  freeze_until: z.string().optional(),
  requests: z.array(RequestAnswer),
  not_yet_revoked: z
    .array(z.string())
    .meta({ description: 'ids that could not be flipped at once; the reconciler does it' }),
  estimated_seconds: z.int().meta({ description: 'how long AWS will about take to remove the access' }),
  directory_answered: z.boolean(),
});

const UnfreezeAnswer = z.object({ principal_ids: z.array(z.string()), lifted: z.boolean() });

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'log' | 'settings' | 'directory' | 'nudge'>;

export function userRoutes(deps: Deps): readonly Route[] {
  return [
    postRoute('/users/revoke', {
      callers: 'ops',
      bucket: 'revoke',
      summary: 'Revoke everything of a person, and freeze them if asked to.',
      body: RevokeUserBody,
      answers: { status: 200, schema: RevokeUserAnswer },
      handle: async ({ body }) => {
        const refusal = unnamed(body) ?? badFreeze(body, deps.clock.nowMs());
        if (refusal !== undefined) return refusal;
        const persons = await findPersons(deps, body);
        return nobody(persons) ?? revokeUser(deps, persons, body);
      },
    }),
    postRoute('/users/unfreeze', {
      callers: 'ops',
      bucket: 'general',
      summary: 'Lift the freeze of a person. What was revoked stays revoked.',
      body: PersonBody,
      answers: { status: 200, schema: UnfreezeAnswer },
      handle: async ({ body }) => {
        const refusal = unnamed(body);
        if (refusal !== undefined) return refusal;
        const persons = await findPersons(deps, body);
        return nobody(persons) ?? unfreeze(deps, persons, body);
      },
    }),
  ];
}

function unnamed(body: PersonName): Problem | undefined {
  if ((body.email === undefined) !== (body.principal_id === undefined)) return undefined;
  return problem('malformed', 'Give either email or principal_id, to name the person.');
}

type RevokeUser = z.output<typeof RevokeUserBody>;

function badFreeze({ freeze, freeze_until: untilMs }: RevokeUser, nowMs: number): Problem | undefined {
  if (untilMs === undefined) return undefined;
  if (freeze !== true)
    return problem('malformed', 'freeze_until is given without freeze: expected freeze to be true.');
  if (untilMs > nowMs) return undefined;
  return problem(
    'malformed',
    `freeze_until is ${toTimestamp(untilMs)}: expected a time that is still ahead.`,
  );
}

function nobody({ principalIds, directoryAnswered }: Persons): Problem | undefined {
  if (principalIds.length > 0) return undefined;
  return problem(
    'not_found',
    directoryAnswered
      ? 'Nobody is known by this name, neither to IAM Identity Center nor to any request.'
      : 'No request names this person, and IAM Identity Center cannot be asked right now: nothing was revoked. Try the other of email and principal_id.',
  );
}

async function revokeUser(deps: Deps, persons: Persons, body: RevokeUser): Promise<Answer | Problem> {
  const order = {
    actorEmail: normalizeEmail(body.actor_email),
    reason: body.reason,
    freeze: body.freeze === true,
    freezeUntilMs: body.freeze_until,
    email: persons.emails[0],
  };
  const held = await Promise.all(
    persons.principalIds.map((id) => writeHold(deps, { ...order, principalId: id })),
  );
  deps.nudge(persons.principalIds.map((principal_id) => ({ principal_id })));
  const by = { email: order.actorEmail };
  const { revoked, failed } = await revokeRequestsOf(deps, persons, { by, details: { reason: body.reason } });
  deps.nudge(persons.principalIds.map((principal_id) => ({ principal_id })));
  if (held.includes(false))
    return unavailable(
      `${revoked.length} requests were revoked, but the hold on the person could not be recorded, so requests may have been missed and nothing is frozen: call again.`,
    );
  if (deps.settings.mode === 'observe') return onlyObserves();
  return ok(await answerRevoked(deps, persons, { revoked, failed }));
}

async function answerRevoked(
  { store, clock, settings }: Deps,
  persons: Persons,
  result: Awaited<ReturnType<typeof revokeRequestsOf>>,
): Promise<z.output<typeof RevokeUserAnswer>> {
  const [first = ''] = persons.principalIds;
  const hold = parseHoldRow(await store.get('control', holdKey(first)).catch(() => undefined));
  const { defaultPermissionSetArn, identityCenterRate } = settings;
  return {
    principal_ids: [...persons.principalIds],
    frozen: isFrozen(hold, clock.nowMs()),
    ...(hold?.freeze_until === undefined ? {} : { freeze_until: hold.freeze_until }),
    requests: result.revoked.map((request) => toRequestAnswer(request, { defaultPermissionSetArn })),
    not_yet_revoked: [...result.failed],
    estimated_seconds: estimateRemovalSeconds(accessToRemove(result.revoked), identityCenterRate),
    directory_answered: persons.directoryAnswered,
  };
}

async function unfreeze(
  { store, clock }: Deps,
  persons: Persons,
  body: z.output<typeof PersonBody>,
): Promise<Answer | Problem> {
  let lifted = false;
  for (const id of persons.principalIds) {
    const order = { principalId: id, actorEmail: normalizeEmail(body.actor_email), reason: body.reason };
    const result = await decideAndWrite(
      store,
      async () => parseHoldRow(await store.get('control', holdKey(id))),
      (read) => {
        const writes = decideUnfreeze(read, order, clock.nowMs());
        return { writes: writes ?? [], outcome: { lifted: writes !== undefined } };
      },
    );
    if (isProblem(result)) return result;
    lifted ||= result.lifted;
  }
  return ok({ principal_ids: [...persons.principalIds], lifted });
}
