// `POST /requests`, `GET /requests/{id}` and `GET /requests`.

import { z } from 'zod';
import type { DirectoryAnswer } from '../src/directory.ts';
import type { NewRequest } from '../src/new-request.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import { normalizeEmail, parseRequestRow, type RequestRow } from '../src/request.ts';
import { queryAll } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { alsoWantedBy } from './also-wanted-by.ts';
import { ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { readBinding } from './binding-key.ts';
import { decideAndWrite } from './decide-and-write.ts';
import { decideCreation, OPEN_REQUESTS_MAX } from './decide-creation.ts';
import { givesNothing } from './decisions-routes.ts';
import { accountId, channelId, email, mmUserId, permissionSetArn } from './fields.ts';
import { ListQuery, listRequests } from './list-requests.ts';
import { isProblem, type Problem } from './problem.ts';
import { RequestAnswer, toRequestAnswer } from './request-answer.ts';
import { readRequest, unknownRequest } from './revoke-request.ts';
import { getRoute, postRoute, type Route } from './route.ts';
import { isOpen } from './shown-status.ts';

const optionalText = (lengthMax: number) => z.string().trim().max(lengthMax).optional();

const CreateBody = z
  .object({
    account_id: accountId,
    channel_id: channelId,
    requester_mm_user_id: mmUserId,
    requester_email: email,
    jira: optionalText(500).meta({ description: 'a text of at most 500 characters' }),
    reason: optionalText(4000).meta({ description: 'a text of at most 4000 characters' }),
    requested_duration_minutes: z.int().min(1).meta({ description: 'a whole number of minutes, at least 1' }),
    permission_set_arn: z
      .union([z.literal(''), permissionSetArn])
      .optional()
      .meta({ description: 'the ARN of a permission set, arn:aws:sso:::permissionSet/ssoins-…/ps-…' }),
  })
  .refine((body) => body.jira || body.reason, {
    message: 'Expected a ticket in jira or a text in reason, to tell why access is needed',
  });

const ListAnswer = z.object({
  items: z.array(RequestAnswer),
  next_token: z.string().optional(),
  filters: z.record(z.string(), z.string()),
});

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'directory' | 'newId' | 'log' | 'settings'>;

export function requestsRoutes(deps: Deps): readonly Route[] {
  const { defaultPermissionSetArn } = deps.settings;
  return [
    postRoute('/requests', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Ask for access to an account.',
      body: CreateBody,
      answers: { status: 201, schema: RequestAnswer },
      handle: async ({ body }) => {
        if (deps.settings.mode === 'observe') return givesNothing();
        const created = await createRequest(deps, {
          ...body,
          request_id: deps.newId(),
          jira: body.jira ?? '',
          reason: body.reason ?? '',
          permission_set_arn: body.permission_set_arn || defaultPermissionSetArn,
        });
        if (isProblem(created)) return created;
        return { status: 201, body: toRequestAnswer(created, { defaultPermissionSetArn }) };
      },
    }),
    getRoute('/requests/{id}', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'One request, as it is now.',
      query: z.object({}),
      answers: { status: 200, schema: RequestAnswer },
      handle: async ({ id }) => {
        const request = await readRequest(deps.store, id);
        if (request === undefined) return unknownRequest(id);
        const others = await alsoWantedBy(deps.store, request, deps.clock.nowMs());
        return ok(toRequestAnswer(request, { defaultPermissionSetArn, alsoWantedBy: others }));
      },
    }),
    getRoute('/requests', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Requests by filters that combine, the newest first.',
      query: ListQuery,
      answers: { status: 200, schema: ListAnswer },
      handle: async ({ query }) => {
        const listed = await listRequests(deps.store, query);
        if (isProblem(listed)) return listed;
        const items = listed.items.map((item) => toRequestAnswer(item, { defaultPermissionSetArn }));
        return ok({ ...listed, items });
      },
    }),
  ];
}

async function createRequest(deps: Deps, wish: NewRequest): Promise<RequestRow | Problem> {
  const { store, clock, settings } = deps;
  const user = await findRequester(deps.directory, wish.requester_email);
  return decideAndWrite(
    store,
    async () => ({
      user,
      binding: await readBinding(store, wish.channel_id, wish.account_id),
      hold:
        user.kind === 'found'
          ? parseHoldRow(await store.get('control', holdKey(user.principalId)))
          : undefined,
      openRequests: await countOpen(deps, normalizeEmail(wish.requester_email)),
    }),
    (view) => decideCreation(wish, view, settings, clock.nowMs()),
  );
}

/** As it was typed, and as it is compared: the directory need not agree with us on capitals. */
async function findRequester(directory: Deps['directory'], typed: string): Promise<DirectoryAnswer> {
  const found = await directory.findUser(typed);
  const normalized = normalizeEmail(typed);
  return found.kind === 'found' || normalized === typed ? found : directory.findUser(normalized);
}

/** No request can be open for longer: it lapses, or is approved at the last moment and runs its full time. */
const OPEN_AT_MOST_HOURS = 7 * 24;

/**
 * How many requests of a person are open, up to the limit. Read from an index, which may lag: somebody quick may get a
 * few more than the limit, which protects approvers from floods and nothing else.
 */
async function countOpen({ store, clock, settings }: Deps, requesterEmail: string): Promise<number> {
  const sinceMs = clock.nowMs() - (settings.pendingTtlHours + OPEN_AT_MOST_HOURS) * 3_600_000;
  const rows = queryAll(store, {
    table: 'requests',
    index: 'gsi_requester_created',
    partition: { attribute: 'requester_email', value: requesterEmail },
    sort: { attribute: 'created_at', from: toTimestamp(sinceMs) },
    descending: true,
    limit: 100,
  });
  let open = 0;
  for await (const row of rows) {
    const request = parseRequestRow(row);
    if (request !== undefined && isOpen(request)) open += 1;
    if (open >= OPEN_REQUESTS_MAX) break;
  }
  return open;
}
