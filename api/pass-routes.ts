// The operators' calls that ask the reconciler for a pass: the wish is a row, the leader carries it out, and whoever
// asked may wait a while for what came of it. Nothing is decided about access here.

import { z } from 'zod';
import { AccountId, PrincipalId } from '../src/assignment.ts';
import { subjectEvent } from '../src/audit-event.ts';
import { NUDGES_KEY, nudgesWrite } from '../src/nudge.ts';
import { PassReport, PassRow, type PassScope, passKey } from '../src/pass.ts';
import { OBSERVE_PREFIX } from '../src/published-state.ts';
import { normalizeEmail } from '../src/request.ts';
import type { Write } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { type Answer, ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { givesNothing } from './decisions-routes.ts';
import { email, reason } from './fields.ts';
import { findPersons } from './find-persons.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';
import { getRoute, postRoute, type Route } from './route.ts';

const ReconcileBody = z.object({
  actor_email: email,
  reason,
  scope: z
    .object({
      request_id: z.string().min(1).max(256).optional(),
      account_id: AccountId.optional(),
      principal: z.string().trim().min(1).max(320).optional(),
    })
    .refine((scope) => Object.values(scope).filter((value) => value !== undefined).length <= 1)
    .optional()
    .meta({
      description: 'at most one of request_id, account_id (12 digits) and principal (an e-mail or id)',
    }),
  dry_run: z.boolean().optional().meta({ description: 'true or false' }),
  wait_seconds: z.int().min(0).max(25).optional().meta({ description: 'a whole number from 0 to 25' }),
  release_withheld: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({ description: 'the digest of what is withheld, 64 hexadecimal digits, from GET /plan' }),
});
type ReconcileBody = z.output<typeof ReconcileBody>;

const PassAnswer = z
  .object({
    pass_id: z.string(),
    state: PassRow.shape.state.optional(),
    requested_at: z.string().optional(),
    finished_at: z.string().optional(),
    actor_email: z.string().optional(),
    reason: z.string().optional(),
    dry_run: z.boolean().optional(),
    plan: PassReport.optional(),
    results: z.array(z.string()).optional(),
    error: z.string().optional(),
  })
  .meta({ id: 'Pass' });

/** Inside the ten seconds after which callers give up. */
const PLAN_WAIT_MS = 8000;
const POLL_MS = 150;
const KEPT_SECONDS = 24 * 3600;

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'log' | 'settings' | 'directory' | 'nudge' | 'newId'>;

export function passRoutes(deps: Deps): readonly Route[] {
  return [
    postRoute('/reconcile', {
      callers: 'ops',
      bucket: 'general',
      summary:
        'Force a pass now. 202 with its id; 200 with plan and results when it finished while waited for.',
      body: ReconcileBody,
      answers: { status: 200, schema: PassAnswer },
      handle: async ({ body }) => {
        const scope = await readScope(deps, body);
        if (isProblem(scope)) return scope;
        const dryRun = body.dry_run === true;
        if (dryRun && body.release_withheld !== undefined)
          return problem('malformed', 'release_withheld is given with dry_run: expected only one of them.');
        if (deps.settings.mode === 'observe' && !dryRun) return givesNothing();
        const pass = newPass(deps, { ...body, scope, dryRun });
        if (!(await askFor(deps, pass))) return notAsked();
        const finished = await waitForPass(deps, pass.pass_id, (body.wait_seconds ?? 0) * 1000);
        return finished === undefined
          ? { status: 202, body: { pass_id: pass.pass_id } }
          : ok(toPassAnswer(finished));
      },
    }),
    getRoute('/reconcile/{pass_id}', {
      callers: 'ops',
      bucket: 'general',
      summary: 'A pass that was asked for: its state, its plan and its results.',
      query: z.object({}),
      answers: { status: 200, schema: PassAnswer },
      handle: async ({ id }) => {
        const pass = await readPass(deps, id);
        return pass === undefined ? problem('not_found', `There is no pass ${id}.`) : ok(toPassAnswer(pass));
      },
    }),
    getRoute('/plan', {
      callers: 'ops',
      bucket: 'general',
      summary: 'What would be done now, and what is withheld and why. Nothing is changed.',
      query: z.object({}),
      answers: { status: 200, schema: PassReport.extend({ pass_id: z.string() }) },
      handle: ({ caller }) => plan(deps, caller.keyId),
    }),
  ];
}

async function plan(deps: Deps, keyId: string): Promise<Answer | Problem> {
  const wish = { actor_email: `key ${keyId}`, reason: 'GET /plan', scope: {}, dryRun: true };
  const pass = newPass(deps, wish);
  if (!(await askFor(deps, pass))) return notAsked();
  const finished = await waitForPass(deps, pass.pass_id, PLAN_WAIT_MS);
  if (finished?.report !== undefined) return ok({ pass_id: pass.pass_id, ...finished.report });
  return unavailable(
    finished === undefined
      ? `The plan is not ready yet; ask for GET /reconcile/${pass.pass_id}, or see in GET /status whether a reconciler runs.`
      : 'The plan could not be made; the log of the reconciler says why. Try again.',
  );
}

/** A person may be named by address or id; the row holds the id. */
async function readScope(deps: Deps, { scope = {} }: ReconcileBody): Promise<PassScope | Problem> {
  const { principal, request_id, account_id } = scope;
  if (principal === undefined)
    return {
      ...(request_id === undefined ? {} : { request_id }),
      ...(account_id === undefined ? {} : { account_id }),
    };
  if (PrincipalId.safeParse(principal).success) return { principal_id: principal };
  const { principalIds } = await findPersons(deps, { email: principal });
  const [principal_id] = principalIds;
  if (principal_id === undefined)
    return problem('not_found', `Nobody is known as ${principal}; expected an e-mail address or a user id.`);
  return { principal_id };
}

type PassWish = Pick<ReconcileBody, 'actor_email' | 'reason'> & {
  readonly release_withheld?: string | undefined;
  readonly scope: PassScope;
  readonly dryRun: boolean;
};

function newPass({ clock, newId }: Pick<Deps, 'clock' | 'newId'>, wish: PassWish): PassRow {
  const pass_id = newId();
  const nowMs = clock.nowMs();
  return {
    ...passKey(pass_id),
    name: `pass#${pass_id}`,
    pass_id,
    state: 'REQUESTED',
    requested_at: toTimestamp(nowMs),
    actor_email: normalizeEmail(wish.actor_email),
    reason: wish.reason,
    scope: wish.scope,
    dry_run: wish.dryRun,
    ...(wish.release_withheld === undefined ? {} : { release_withheld: wish.release_withheld }),
    expires_at: Math.floor(nowMs / 1000) + KEPT_SECONDS,
  };
}

// Others may be writing nudges at the same moment.
const ATTEMPTS_MAX = 5;

/**
 * Whether the wish was written; then the leader hears of it. Nothing looks for passes by itself, so the nudge is written
 * in the same transaction: dying after it, or losing the nudge that follows, loses no pass.
 */
async function askFor(
  { store, clock, nudge }: Pick<Deps, 'store' | 'clock' | 'nudge'>,
  pass: PassRow,
): Promise<boolean> {
  const heard = [{ pass_id: pass.pass_id }];
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const nowMs = clock.nowMs();
    const read = await store.get('control', NUDGES_KEY);
    const written = await store.transact([...passWrites(pass, nowMs), nudgesWrite(read, heard, nowMs)]);
    if (written.outcome === 'refused') continue;
    nudge(heard);
    return true;
  }
  return false;
}

function notAsked(): Problem {
  return unavailable('The pass could not be asked for right now; try again.', 1);
}

/** A pass that may change something leaves its trace in the audit, whether or not it is ever carried out. */
function passWrites(pass: PassRow, nowMs: number): readonly Write[] {
  const row: Write = {
    kind: 'put',
    table: 'control',
    row: pass,
    onlyIf: [{ attribute: 'name', absent: true }],
  };
  if (pass.dry_run) return [row];
  const scope = Object.entries(pass.scope).map(([name, value]) => `${name} ${value}`);
  const event = subjectEvent({
    subject: 'control#reconcile',
    version: pass.pass_id,
    type: 'RECONCILE_FORCED',
    actor: { email: pass.actor_email },
    details: {
      pass_id: pass.pass_id,
      reason: pass.reason,
      scope: scope.join() || 'all',
      ...(pass.release_withheld === undefined ? {} : { release_withheld: pass.release_withheld }),
    },
    nowMs,
  });
  return [row, event];
}

/** An observer may not write the row of the wish: it answers under a name of its own. */
async function readPass(
  { store, settings }: Pick<Deps, 'store' | 'settings'>,
  passId: string,
): Promise<PassRow | undefined> {
  const wish = passKey(passId);
  const observed = { name: `${OBSERVE_PREFIX}${wish.name}` };
  const answer = settings.mode === 'observe' ? await store.get('control', observed) : undefined;
  const row = answer ?? (await store.get('control', wish));
  return row === undefined ? undefined : PassRow.safeParse(row).data;
}

/** The pass once it is done or has failed; undefined when the time is up before. */
async function waitForPass(
  deps: Pick<Deps, 'store' | 'clock' | 'settings'>,
  passId: string,
  waitMs: number,
): Promise<PassRow | undefined> {
  const untilMs = deps.clock.elapsedMs() + waitMs;
  while (deps.clock.elapsedMs() < untilMs) {
    await deps.clock.sleep(Math.min(POLL_MS, untilMs - deps.clock.elapsedMs()));
    const pass = await readPass(deps, passId);
    if (pass?.state === 'DONE' || pass?.state === 'FAILED') return pass;
  }
  return undefined;
}

function toPassAnswer({ report, name: _name, expires_at: _expires, scope: _scope, ...pass }: PassRow) {
  return { ...pass, ...(report === undefined ? {} : { plan: report }) };
}
