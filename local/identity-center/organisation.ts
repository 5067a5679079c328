// What an organisation is made of: the world that a stand-in starts with. Data only.

import { z } from 'zod';
import { PATTERNS } from './patterns.ts';

const accountId = z.string().regex(PATTERNS.accountId);
const permissionSetArn = z.string().regex(PATTERNS.permissionSetArn);
const principalId = z.string().regex(PATTERNS.principalId);

export const accountSchema = z.strictObject({
  id: accountId,
  name: z.string().min(1),
  /** Operations on a suspended account hang and then fail. */
  suspended: z.boolean().default(false),
});

export const permissionSetSchema = z.strictObject({
  arn: permissionSetArn,
  name: z.string().min(1).max(32),
  description: z.string().min(1).max(700).optional(),
  /** ISO 8601, `PT1H` to `PT12H`: how long sessions outlive a deleted assignment. */
  sessionDuration: z.string().min(1),
  tags: z.record(z.string(), z.string()).default({}),
  inlinePolicy: z.string().default(''),
});

export const userSchema = z.strictObject({
  id: principalId,
  userName: z.string().min(1).max(128),
  email: z.string().min(1),
  displayName: z.string().min(1),
  status: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
});

export const groupSchema = z.strictObject({
  id: principalId,
  displayName: z.string().min(1),
  memberIds: z.array(principalId).default([]),
});

export const assignmentSchema = z.strictObject({
  accountId,
  permissionSetArn,
  principalType: z.enum(['USER', 'GROUP']),
  principalId,
});

export const organisationSchema = z.strictObject({
  instanceArn: z.string().regex(PATTERNS.instanceArn),
  identityStoreId: z.string().regex(PATTERNS.identityStoreId),
  /** Owns the instance. Exists without being among `accounts`. */
  managementAccountId: accountId,
  accounts: z.array(accountSchema),
  permissionSets: z.array(permissionSetSchema),
  users: z.array(userSchema),
  groups: z.array(groupSchema),
  assignments: z.array(assignmentSchema),
});

export type Account = z.infer<typeof accountSchema>;
export type PermissionSet = z.infer<typeof permissionSetSchema>;
export type User = z.infer<typeof userSchema>;
export type Group = z.infer<typeof groupSchema>;
export type Assignment = z.infer<typeof assignmentSchema>;
export type PrincipalType = Assignment['principalType'];
/** As written by hand: what has a default may be left out. */
export type Organisation = z.input<typeof organisationSchema>;
