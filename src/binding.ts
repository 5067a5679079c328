// A binding: one channel may ask for access to one account, under these rules. Rows may come from the previous
// deployment, whose approvers are a String Set, NULL or absent when empty.

import { z } from 'zod';
import { AccountId, PermissionSetArn } from './assignment.ts';
import type { Row } from './store.ts';

const DEFAULT_MAX_REQUEST_HOURS = 4;

const Approvers = z
  .union([z.set(z.string()).transform((ids) => [...ids].sort()), z.array(z.string())])
  .nullish()
  .transform((ids) => ids ?? []);

export const BindingRow = z.object({
  channel_id: z.string().min(1),
  account_id: AccountId,
  approver_mm_user_ids: Approvers,
  approval_policy: z.string().catch('one_of_n'),
  allow_self_approval: z.boolean().catch(false),
  /** 0 or absent means 4. */
  max_request_hours: z
    .int()
    .nonnegative()
    .catch(0)
    .transform((hours) => (hours === 0 ? DEFAULT_MAX_REQUEST_HOURS : hours)),
  session_duration_minutes: z.int().nonnegative().catch(0),
  updated_at: z.string().catch(''),
  /** Absent: only the default permission set may be asked for. A list that cannot be read allows none. */
  permission_set_arns: z
    .union([z.set(PermissionSetArn).transform((arns) => [...arns].sort()), z.array(PermissionSetArn)])
    .optional()
    .catch([]),
});
export type Binding = z.output<typeof BindingRow>;

/** The one parser of binding rows. A row that cannot be understood binds nothing: fewer rights, never more. */
export function parseBindingRow(row: Row): Binding | undefined {
  const parsed = BindingRow.safeParse(row);
  return parsed.success ? parsed.data : undefined;
}
