// An assignment: one person's access to one account with one permission set, and how it is named in keys.

import { z } from 'zod';

// The patterns are those of the service models of IAM Identity Center and Identity Store.
export const AccountId = z.string().regex(/^\d{12}$/, 'expected 12 digits');
export const PermissionSetArn = z
  .string()
  .regex(
    /^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet\/(sso)?ins-[a-zA-Z0-9.-]{16}\/ps-[a-zA-Z0-9./-]{16}$/,
    'expected arn:aws:sso:::permissionSet/ssoins-<16 characters>/ps-<16 characters>',
  );
export const PrincipalId = z
  .string()
  .regex(
    /^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$/,
    'expected an Identity Store user id (a UUID)',
  );

/** A USER assignment. GROUP assignments are never one of these: they are only ever reported. */
export type Assignment = {
  readonly accountId: string;
  readonly permissionSetArn: string;
  readonly principalId: string;
};

/** `<account>#<permission set ARN>#<user id>`: the key of the ledger. */
export function assignmentId(assignment: Assignment): string {
  return `${pairId(assignment)}#${assignment.principalId}`;
}

/** `<account>#<permission set ARN>`: what one ListAccountAssignments call covers. */
export function pairId(pair: { readonly accountId: string; readonly permissionSetArn: string }): string {
  return `${pair.accountId}#${pair.permissionSetArn}`;
}

const AssignmentParts = z.object({
  accountId: AccountId,
  permissionSetArn: PermissionSetArn,
  principalId: PrincipalId,
});

/** The assignment that an id names; undefined where the text is not an assignment id. */
export function parseAssignmentId(id: string): Assignment | undefined {
  const [accountId, permissionSetArn, principalId, ...rest] = id.split('#');
  const parsed = AssignmentParts.safeParse({ accountId, permissionSetArn, principalId });
  return parsed.success && rest.length === 0 ? parsed.data : undefined;
}
