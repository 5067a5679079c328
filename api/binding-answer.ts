// A binding as it is shown to callers: sets as arrays, and the numbers that apply.

import { z } from 'zod';
import type { Binding } from '../src/binding.ts';

export const BindingAnswer = z
  .object({
    channel_id: z.string(),
    account_id: z.string(),
    approver_mm_user_ids: z.array(z.string()),
    approval_policy: z.string(),
    allow_self_approval: z.boolean(),
    max_request_hours: z.int(),
    session_duration_minutes: z.int(),
    updated_at: z.string(),
    permission_set_arns: z
      .array(z.string())
      .optional()
      .meta({ description: 'what may be asked for; absent: only the default permission set' }),
  })
  .meta({ id: 'Binding' });
export type BindingAnswer = z.output<typeof BindingAnswer>;

export function toBindingAnswer(binding: Binding): BindingAnswer {
  const { permission_set_arns: arns, ...rest } = binding;
  return { ...rest, ...(arns === undefined ? {} : { permission_set_arns: arns }) };
}
