// Who may approve or deny a request: a listed approver, and never the person who asked, unless the channel allows it.

import type { Binding } from '../src/binding.ts';
import { normalizeEmail, type RequestRow } from '../src/request.ts';
import { type Problem, problem } from './problem.ts';

export type Person = { readonly mmUserId: string; readonly email: string };

/** Why a person may not decide on a request; undefined where they may. */
export function refusedDecider(
  request: RequestRow,
  binding: Binding | undefined,
  person: Person,
): Problem | undefined {
  if (binding === undefined || !binding.approver_mm_user_ids.includes(person.mmUserId))
    return problem('forbidden', 'You are not one of the approvers of this channel.');
  if (isRequester(request, person) && !binding.allow_self_approval)
    return problem('forbidden', 'You cannot decide on your own request; another approver must.');
  return undefined;
}

// By either one: a second chat account with the same e-mail is still the same person.
function isRequester(request: RequestRow, person: Person): boolean {
  return (
    request.requester_mm_user_id === person.mmUserId ||
    normalizeEmail(request.requester_email) === normalizeEmail(person.email)
  );
}
