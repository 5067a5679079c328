// The rules that a request must keep, when it is made and again when it is approved: settings may have been narrowed in
// between, and the approval is the moment that gives access. Pure.

import type { Assignment } from '../src/assignment.ts';
import type { Binding } from '../src/binding.ts';
import { outOfScope } from '../src/managed-scope.ts';
import { isFrozen, type PrincipalHold } from '../src/principal-hold.ts';
import type { ApiSettings } from './api-deps.ts';
import { type Problem, problem } from './problem.ts';

export type AccessWish = {
  readonly assignment: Assignment;
  readonly channelId: string;
  readonly durationMinutes: number;
};

export type AccessRules = {
  readonly binding: Binding | undefined;
  readonly hold: PrincipalHold | undefined;
  readonly settings: Pick<ApiSettings, 'defaultPermissionSetArn' | 'scope' | 'maxRequestHours'>;
};

/** The first rule that a wish breaks; undefined where it keeps all. */
export function brokenRule(wish: AccessWish, rules: AccessRules, nowMs: number): Problem | undefined {
  const { binding, hold, settings } = rules;
  const { accountId, permissionSetArn } = wish.assignment;
  // Without a binding nobody said who may approve: the absence of a rule never allows.
  if (binding === undefined)
    return problem(
      'forbidden',
      `This channel may not ask for access to account ${accountId}: it is not bound to it.`,
    );
  if (!(binding.permission_set_arns ?? [settings.defaultPermissionSetArn]).includes(permissionSetArn))
    return problem('forbidden', `Permission set ${permissionSetArn} may not be asked for in this channel.`);
  const hours = Math.min(binding.max_request_hours, settings.maxRequestHours);
  if (wish.durationMinutes > hours * 60)
    return problem(
      'malformed',
      `requested_duration_minutes is ${wish.durationMinutes}: expected 1 to ${hours * 60} (${hours} hours at most here).`,
    );
  const why = outOfScope(settings.scope, wish.assignment);
  if (why !== undefined) return problem('forbidden', `This access cannot be given by this system: ${why}.`);
  if (isFrozen(hold, nowMs))
    return problem('forbidden', 'Access for this person is frozen; ask an operator to lift it.');
  return undefined;
}
