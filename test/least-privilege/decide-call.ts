// Whether IAM would allow a call, and by which grants: an explicit deny counts more than anything that allows.

import type { AwsCall } from './aws-call.ts';
import type { Condition, Grant } from './grant.ts';

export type Decision =
  | { readonly allowed: true; readonly uses: readonly string[] }
  | { readonly allowed: false; readonly why: string };

/** The first grant that allows counts as used: what a second one allows again is not needed. */
export function decideCall(call: AwsCall, grants: readonly Grant[]): Decision {
  const uses: string[] = [];
  for (const resource of call.resources) {
    const matching = grants.filter((grant) => matches(grant, call, resource));
    const denial = matching.find(({ effect }) => effect === 'Deny');
    if (denial !== undefined) return { allowed: false, why: `${denial.sid} denies it on ${resource}` };
    const [allowing] = matching;
    if (allowing === undefined) return { allowed: false, why: `nothing allows it on ${resource}` };
    uses.push(...usesOf(allowing, call));
  }
  return { allowed: true, uses };
}

/** All that a grant allows, as `decideCall` names what was used of it. A denial allows nothing. */
export function permissionsOf(grant: Grant): readonly string[] {
  if (grant.effect === 'Deny') return [];
  const listed = grant.conditions.filter(({ test }) => test.startsWith('ForAllValues'));
  const [name, values] = [nameOf(grant), listed.flatMap((condition) => condition.values)];
  return values.length === 0 ? [name] : values.map((value) => `${name} for ${value}`);
}

function usesOf(grant: Grant, call: AwsCall): readonly string[] {
  const listed = grant.conditions.filter(({ test }) => test.startsWith('ForAllValues'));
  if (listed.length === 0) return [nameOf(grant)];
  return listed.flatMap((condition) =>
    condition.values
      .filter((pattern) => valuesOf(call, condition.variable)?.some((value) => isLike(value, pattern)))
      .map((value) => `${nameOf(grant)} for ${value}`),
  );
}

function nameOf({ sid, action, resource }: Grant): string {
  return `${sid}: ${action} on ${resource}`;
}

function matches(grant: Grant, call: AwsCall, resource: string): boolean {
  // The managed accounts are all but the excluded ones only for Deny: an empty list of them is `account/*`.
  const isOn =
    grant.resource === resource || (grant.resource === 'account' && resource === 'account/excluded');
  return grant.action === call.action && isOn && grant.conditions.every((each) => holds(each, call));
}

/**
 * What was not noted does not hold. To IAM `ForAllValues` holds where the request has no such key, an empty list here:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html
 */
function holds(condition: Condition, call: AwsCall): boolean {
  if (condition.test === 'StringEqualsIfExists')
    return call.returnValues === undefined || condition.values.includes(call.returnValues);
  const values = valuesOf(call, condition.variable);
  return values?.every((value) => condition.values.some((pattern) => isLike(value, pattern))) ?? false;
}

function valuesOf(call: AwsCall, variable: string): readonly string[] | undefined {
  if (variable === 'dynamodb:LeadingKeys') return call.leadingKeys;
  if (variable === 'cloudwatch:namespace') return call.namespace === undefined ? undefined : [call.namespace];
  return variable === 'dynamodb:Attributes' ? call.attributes : undefined;
}

/** Only a star at the end is written in the policies; one in the middle matches nothing. */
function isLike(value: string, pattern: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
