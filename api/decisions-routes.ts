// `POST /requests/{id}/approve` and `…/deny`: one transaction each, decided from what was read in the same attempt.

import { z } from 'zod';
import { assignmentId } from '../src/assignment.ts';
import { parseLedgerRow } from '../src/ledger.ts';
import { holdKey, parseHoldRow } from '../src/principal-hold.ts';
import type { RequestRow } from '../src/request.ts';
import type { Row } from '../src/store.ts';
import { type Answer, ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { bindingKey, readBinding } from './binding-key.ts';
import type { Person } from './check-decider.ts';
import { decideAndWrite } from './decide-and-write.ts';
import { type ApprovalView, approvedWish, decideApproval } from './decide-approval.ts';
import { decideDenial } from './decide-denial.ts';
import { email, mmUserId, reason } from './fields.ts';
import { isProblem, type Problem, unavailable } from './problem.ts';
import { RequestAnswer, toRequestAnswer } from './request-answer.ts';
import { readRequest, unknownRequest } from './revoke-request.ts';
import { postRoute, type Route } from './route.ts';

const ApproveBody = z.object({ approver_mm_user_id: mmUserId, approver_email: email });
const DenyBody = z.object({
  denier_mm_user_id: mmUserId,
  denier_email: email,
  reason: z
    .union([z.literal(''), reason])
    .optional()
    .meta({ description: 'a text of at most 4000 characters' }),
});

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'nudge' | 'settings'>;

export function decisionsRoutes(deps: Deps): readonly Route[] {
  return [
    postRoute('/requests/{id}/approve', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Approve a request: its access is created next.',
      body: ApproveBody,
      answers: { status: 200, schema: RequestAnswer },
      handle: async ({ id, body }) => {
        if (deps.settings.mode === 'observe') return givesNothing();
        const approver = { mmUserId: body.approver_mm_user_id, email: body.approver_email };
        const approved = await approve(deps, id, approver);
        if (!isProblem(approved)) deps.nudge([{ request_id: id }]);
        return shownTo(deps, approved);
      },
    }),
    postRoute('/requests/{id}/deny', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Deny a request.',
      body: DenyBody,
      answers: { status: 200, schema: RequestAnswer },
      handle: async ({ id, body }) => {
        const by = { mmUserId: body.denier_mm_user_id, email: body.denier_email };
        return shownTo(deps, await deny(deps, id, { by, reason: body.reason ?? '' }));
      },
    }),
  ];
}

function approve(
  { store, clock, settings }: Deps,
  id: string,
  approver: Person,
): Promise<RequestRow | Problem> {
  return decideAndWrite(
    store,
    () => readApproval(store, id, settings),
    (view) =>
      view === undefined ? unknownRequest(id) : decideApproval(view, approver, settings, clock.nowMs()),
  );
}

/** Everything that the decision stands on is written or checked by its transaction. */
async function readApproval(
  store: Deps['store'],
  id: string,
  settings: Deps['settings'],
): Promise<ApprovalView | undefined> {
  const request = await readRequest(store, id);
  if (request === undefined) return undefined;
  const assignment = approvedWish(request, settings)?.assignment;
  const [asked, bindingRow, ledger, hold] = await Promise.all([
    readAsked(store, id),
    request.channel_id === '' || request.account_id === undefined
      ? undefined
      : store.get('config', bindingKey(request.channel_id, request.account_id)),
    assignment && store.get('assignments', { assignment_id: assignmentId(assignment) }),
    assignment && store.get('control', holdKey(assignment.principalId)),
  ]);
  return {
    request,
    asked,
    bindingRow,
    ledger: ledger === undefined ? undefined : parseLedgerRow(ledger),
    hold: parseHoldRow(hold),
  };
}

/** A request's first event is that it was asked for: the key begins with the time. */
async function readAsked(store: Deps['store'], id: string): Promise<Row | undefined> {
  const partition = { attribute: 'request_id', value: id };
  const { rows } = await store.query({ table: 'audit', partition, consistent: true, limit: 1 });
  return rows.find(({ event_type }) => event_type === 'REQUESTED');
}

function deny(
  { store, clock }: Deps,
  id: string,
  denial: { readonly by: Person; readonly reason: string },
): Promise<RequestRow | Problem> {
  return decideAndWrite(
    store,
    async () => {
      const request = await readRequest(store, id);
      if (request === undefined) return undefined;
      const { channel_id: channelId, account_id: accountId } = request;
      const unbound = channelId === '' || accountId === undefined;
      return { request, binding: unbound ? undefined : await readBinding(store, channelId, accountId) };
    },
    (view) => (view === undefined ? unknownRequest(id) : decideDenial(view, denial, clock.nowMs())),
  );
}

function shownTo(deps: Deps, decided: RequestRow | Problem): Answer | Problem {
  if (isProblem(decided)) return decided;
  return ok(toRequestAnswer(decided, { defaultPermissionSetArn: deps.settings.defaultPermissionSetArn }));
}

/** While it only observes, a controller must not record wishes that it will not carry out. */
export function givesNothing(): Problem {
  return unavailable('This controller only observes: it gives no access for now.', 300);
}
