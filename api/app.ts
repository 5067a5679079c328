// The API: verifies a call, finds its route, checks what it says and answers. Built from parts handed in; it does not
// listen, and knows nothing of AWS.

import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import { z } from 'zod';
import { DirectoryError } from '../src/directory.ts';
import type { HttpRoutes } from '../src/metrics.ts';
import { StoreError } from '../src/store-error.ts';
import { inSpan, nameSpan } from '../src/trace.ts';
import { type Answer, ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { auditRoutes } from './audit-routes.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { withCallLimits } from './call-limits.ts';
import { configRoutes } from './config-routes.ts';
import { decisionsRoutes } from './decisions-routes.ts';
import { describeApi } from './openapi.ts';
import { operatorRoutes } from './operator-routes.ts';
import { passRoutes } from './pass-routes.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';
import { requestsRoutes } from './requests-routes.ts';
import { revokeRoutes } from './revoke-routes.ts';
import type { Route } from './route.ts';
import { type RouteMatcher, routeMatcher } from './route-matcher.ts';
import { sendAnswer } from './send-answer.ts';
import { type Rate, TokenBuckets } from './token-bucket.ts';
import { userRoutes } from './user-routes.ts';

/** Above what any plugin does; a script gone wild is stopped at it. */
const RATES: Readonly<Record<Route['bucket'], Rate>> = {
  general: { perSecond: 100, burst: 1000 },
  revoke: { perSecond: 100, burst: 2000 },
};

type Served = {
  readonly match: RouteMatcher<Route>;
  readonly buckets: TokenBuckets;
  /** The description is public, so that tools can read it. */
  readonly description: object;
};

/** Every route there is. */
export function allRoutes(given: ApiDeps): readonly Route[] {
  const deps = withCallLimits(given);
  return [
    ...requestsRoutes(deps),
    ...decisionsRoutes(deps),
    ...revokeRoutes(deps),
    ...configRoutes(deps),
    ...passRoutes(deps),
    ...operatorRoutes(deps),
    ...userRoutes(deps),
    ...auditRoutes(deps),
  ];
}

/** The application, ready to be listened with or to be handed events. */
export function createApp(given: ApiDeps): Express {
  const routes = allRoutes(given);
  const deps = withCallLimits(given);
  const served = {
    match: routeMatcher(routes),
    buckets: new TokenBuckets(deps.clock),
    description: describeApi(routes),
  };
  const app = express();
  app.disable('x-powered-by');
  app.use((message, response) => serve(deps, served, message, response));
  return app;
}

type RouteLabel = (typeof HttpRoutes)[number];
const UNMATCHED: RouteLabel = { method: 'OTHER', route: 'unmatched' };
const DESCRIPTION: RouteLabel = { method: 'GET', route: '/openapi.json' };

async function serve(
  deps: ApiDeps,
  served: Served,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = deps.clock.elapsedMs();
  const { label, answer } = await inSpan(
    'call',
    { 'http.request.method': message.method ?? '' },
    async () => {
      const answered = await answerCall(deps, served, message);
      // Its place holders, and not what stands in them.
      nameSpan({ 'http.route': answered.label.route });
      return answered;
    },
  );
  const status = await sendAnswer(answer, message, response, deps.log);
  const seconds = (deps.clock.elapsedMs() - startedMs) / 1000;
  deps.metrics.httpRequestSeconds.observe({ ...label, status }, seconds);
}

type Answered = { readonly label: RouteLabel; readonly answer: Answer | Problem };

async function answerCall(deps: ApiDeps, served: Served, message: IncomingMessage): Promise<Answered> {
  let label: RouteLabel = UNMATCHED;
  try {
    const target = message.url ?? '';
    if (message.method === 'GET' && target === `${deps.settings.apiBasePath}${DESCRIPTION.route}`)
      return { label: DESCRIPTION, answer: ok(served.description) };
    const verified = await authenticate(deps, message, target);
    if (isProblem(verified)) return { label, answer: verified };
    const match = served.match(message.method ?? '', verified.path);
    label = match?.route.name ?? UNMATCHED;
    const refusal = refuse(served, verified, match?.route) ?? refuseMediaType(message);
    if (refusal !== undefined || match === undefined) return { label, answer: refusal ?? nothingHere() };
    const { caller, body } = verified;
    const answer = await match.route.handle({ caller, target, params: match.params, body });
    if (message.method !== 'GET' && !isProblem(answer))
      logCall(deps, label, caller.keyId, match.params, answer);
    return { label, answer };
  } catch (error) {
    return { label, answer: failed(deps, error, label) };
  }
}

/** Who signed it, and what it was about: the log leads from a call to what the loop did for it, by the request's id. */
function logCall(
  { log }: Pick<ApiDeps, 'log'>,
  label: RouteLabel,
  keyId: string,
  { id }: Readonly<Record<string, string>>,
  answer: Answer,
): void {
  const made = 'body' in answer ? RequestMade.safeParse(answer.body).data?.request_id : undefined;
  const request_id = id ?? made;
  log.info('a call was carried out', {
    ...label,
    key_id: keyId,
    ...(request_id === undefined ? {} : { request_id }),
  });
}

const RequestMade = z.object({ request_id: z.string() });

function refuse(served: Served, verified: Authenticated, route: Route | undefined): Problem | undefined {
  const { caller, hasOperators } = verified;
  const bucket = route?.bucket ?? 'general';
  const taken = served.buckets.take(`${bucket} ${caller.keyId}`, RATES[bucket]);
  if (!taken.ok)
    return {
      problem: 'rate_limited',
      message: `Too many calls with this key; try again in ${taken.retryAfterSeconds} s.`,
      retryAfterSeconds: taken.retryAfterSeconds,
    };
  if (route?.callers !== 'ops') return undefined;
  if (!hasOperators) return nothingHere();
  return caller.set === 'ops'
    ? undefined
    : problem('forbidden', 'Only operators may do this; sign with an ops key.');
}

/** Absent is fine: the runbook's event has none. What is present must say JSON, in UTF-8 if it says more. */
function refuseMediaType(message: IncomingMessage): Problem | undefined {
  const type = message.headers['content-type'];
  if (message.method === 'GET' || type === undefined) return undefined;
  if (/^\s*application\/([\w.-]+\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(type))
    return undefined;
  return problem('unsupported_media_type', 'The Content-Type is not JSON in UTF-8; send application/json.');
}

function nothingHere(): Problem {
  return problem('not_found', 'There is nothing at this path for this method.');
}

/** The one place where what went wrong is logged whole, and the caller told no more than whether to come again. */
function failed(deps: Pick<ApiDeps, 'log'>, error: unknown, label: RouteLabel): Problem {
  const dependency = error instanceof StoreError || error instanceof DirectoryError;
  deps.log.error(dependency ? 'a dependency failed a call' : 'a call failed unexpectedly', {
    error,
    ...label,
  });
  if (!dependency) return problem('internal', 'Something went wrong on our side; it has been logged.');
  return unavailable(
    'A service behind this one does not answer right now; look whether it was done, then try again.',
  );
}
