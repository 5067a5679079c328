// Whether a request may be made, and what is written where it may. Pure.

import type { Binding } from '../src/binding.ts';
import type { DirectoryAnswer } from '../src/directory.ts';
import { type NewRequest, newRequest } from '../src/new-request.ts';
import { type PrincipalHold, unchangedHold } from '../src/principal-hold.ts';
import type { RequestRow } from '../src/request.ts';
import { type AccessWish, brokenRule } from './access-rules.ts';
import type { ApiSettings } from './api-deps.ts';
import { bindingExists } from './binding-key.ts';
import type { Decision } from './decide-and-write.ts';
import { type Problem, problem } from './problem.ts';

export const OPEN_REQUESTS_MAX = 10;

export type CreationView = {
  readonly user: DirectoryAnswer;
  readonly binding: Binding | undefined;
  readonly hold: PrincipalHold | undefined;
  /** How many requests of this person are open; counting stops at the limit. */
  readonly openRequests: number;
};

type Settings = Pick<
  ApiSettings,
  'mode' | 'defaultPermissionSetArn' | 'scope' | 'maxRequestHours' | 'pendingTtlHours'
>;

export function decideCreation(
  wish: NewRequest,
  view: CreationView,
  settings: Settings,
  nowMs: number,
): Decision<RequestRow> {
  const { user, binding, hold } = view;
  if (user.kind === 'absent')
    return problem('forbidden', `${wish.requester_email} is not known to IAM Identity Center.`);
  if (user.status === 'DISABLED')
    return problem('forbidden', `${wish.requester_email} is disabled in IAM Identity Center.`);
  const broken = brokenRule(accessWish(wish, user.principalId), { binding, hold, settings }, nowMs);
  return broken ?? tooManyOpen(view) ?? creation(wish, user.principalId, view, settings, nowMs);
}

function accessWish(wish: NewRequest, principalId: string): AccessWish {
  const { account_id: accountId, permission_set_arn: permissionSetArn } = wish;
  return {
    assignment: { accountId, permissionSetArn, principalId },
    channelId: wish.channel_id,
    durationMinutes: wish.requested_duration_minutes,
  };
}

function tooManyOpen({ openRequests }: CreationView): Problem | undefined {
  if (openRequests < OPEN_REQUESTS_MAX) return undefined;
  return problem('conflict', `You have ${OPEN_REQUESTS_MAX} open requests already; end one of them first.`);
}

function creation(
  wish: NewRequest,
  principalId: string,
  view: CreationView,
  settings: Settings,
  nowMs: number,
): Decision<RequestRow> {
  const pendingTtlMs = settings.pendingTtlHours * 3_600_000;
  const { request, writes } = newRequest(wish, principalId, { pendingTtlMs, nowMs });
  const checks = [bindingExists(wish.channel_id, wish.account_id), unchangedHold(principalId, view.hold)];
  return { writes: [...writes, ...checks], outcome: request };
}
