// What a run of the tests says about the policies: the calls that they do not allow, and what they allow for nothing.

import { type AwsCall, type Caller, describeCall, type Part } from './aws-call.ts';
import { type Decision, decideCall, permissionsOf } from './decide-call.ts';
import type { Grant } from './grant.ts';
import type { NotedCall } from './noted-calls.ts';

export type Judgement = { readonly refused: readonly string[]; readonly unused: readonly string[] };

/** Asked by AWS in the caller's name, where keys are the customer's; no process sends it, so no test can see it. */
const ASKED_BY_AWS = 'kms:Decrypt';

/**
 * A row whose permission set or account has left the scope is looked for all the same. AWS refuses, and the row is shown
 * as stuck until the scope is back: better than to let a process read assignments that are none of its business.
 */
const READ_OUT_OF_SCOPE = 'sso:ListAccountAssignments';

export function judgeRun(
  noted: readonly NotedCall[],
  policies: Readonly<Record<Part, readonly Grant[]>>,
): Judgement {
  const refused: string[] = [];
  const used = new Set<string>();
  for (const { caller, call } of noted) {
    const decided = decideFor(caller, call, policies);
    if (!decided.allowed && isRefusedOnPurpose(caller, call)) continue;
    if (!decided.allowed) refused.push(`${caller} called ${describeCall(call)}: ${decided.why}`);
    else if (caller !== 'several') for (const use of decided.uses) used.add(`${caller} ${use}`);
  }
  const granted = Object.entries(policies).flatMap(([part, grants]) =>
    grants
      .filter(({ action }) => action !== ASKED_BY_AWS)
      .flatMap(permissionsOf)
      .map((permission) => `${part} ${permission}`),
  );
  return { refused, unused: [...new Set(granted)].filter((permission) => !used.has(permission)) };
}

function isRefusedOnPurpose(caller: Caller, { action, resources }: AwsCall): boolean {
  return (
    (caller === 'reconciler' || caller === 'observer') &&
    action === READ_OUT_OF_SCOPE &&
    resources.some((resource) => resource.endsWith('/foreign'))
  );
}

/** Of parts that share a process one must be allowed to call it; which one it was is not known, so nothing is used. */
function decideFor(
  caller: NotedCall['caller'],
  call: NotedCall['call'],
  policies: Readonly<Record<Part, readonly Grant[]>>,
): Decision {
  if (caller !== 'several') return decideCall(call, policies[caller]);
  const decided = Object.values(policies).map((grants) => decideCall(call, grants));
  return decided.find(({ allowed }) => allowed) ?? { allowed: false, why: 'no policy allows it' };
}
