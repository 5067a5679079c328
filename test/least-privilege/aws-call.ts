// One call as IAM sees it: an action on resources, with what conditions may ask about. Resources are named by what they
// are in the policies (`table/requests`, `permission-set`), since ARNs differ from one deployment to the next.

export type AwsCall = {
  readonly action: string;
  /** An action that requires several types of resource is allowed only where each one is. */
  readonly resources: readonly string[];
  /** What `dynamodb:LeadingKeys` would hold, cut behind the first `#`; absent where it was not noted. */
  readonly leadingKeys?: readonly string[];
  /** What `dynamodb:Attributes` would hold; absent where it was not noted. */
  readonly attributes?: readonly string[];
  readonly returnValues?: string;
  /** What `cloudwatch:namespace` would hold. */
  readonly namespace?: string;
};

/** Who calls. `several`: parts that share a process and its credentials, as in local mode. */
export const CALLERS = ['api', 'reconciler', 'observer', 'operator', 'several'] as const;
export type Caller = (typeof CALLERS)[number];
export type Part = Exclude<Caller, 'several'>;

export function describeCall({ action, resources, leadingKeys = [], attributes = [] }: AwsCall): string {
  const keys = leadingKeys.length === 0 ? '' : ` with the key ${leadingKeys.join(', ')}`;
  const names = attributes.length === 0 ? '' : ` of ${attributes.join(', ')}`;
  return `${action} on ${resources.join(' and ')}${keys}${names}`;
}
