// The fields of bodies and queries, each with what is expected of it: the same words explain a refusal and describe
// the API.

import { z } from 'zod';
import { AccountId, PermissionSetArn, PrincipalId } from '../src/assignment.ts';
import { parseTimestamp } from '../src/timestamp.ts';

function text(lengthMax: number) {
  return z.string().trim().min(1).max(lengthMax);
}

export const accountId = AccountId.meta({ description: 'the number of an AWS account, 12 digits' });
export const channelId = text(200).meta({ description: 'the id of a channel, 1 to 200 characters' });
export const mmUserId = text(200).meta({ description: 'the chat id of a person, 1 to 200 characters' });
export const email = z
  .string()
  .trim()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/)
  .meta({ description: 'an e-mail address, at most 320 characters' });
export const reason = text(4000).meta({ description: 'a text of 1 to 4000 characters' });
export const permissionSetArn = PermissionSetArn.meta({
  description: 'the ARN of a permission set, arn:aws:sso:::permissionSet/ssoins-…/ps-…',
});
export const principalId = PrincipalId.meta({ description: 'an Identity Store user id (a UUID)' });

/** A date means its first second, as `start`, or its last one, as `end`; seconds are enough for what people ask. */
export function instant(edge: 'start' | 'end') {
  const time = edge === 'start' ? 'T00:00:00Z' : 'T23:59:59Z';
  return z
    .string()
    .transform((typed) => parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(typed) ? `${typed}${time}` : typed))
    .pipe(z.number())
    .optional()
    .meta({
      description: 'a time such as 2026-01-15T12:00:00Z, or a date such as 2026-01-15',
      override: { type: 'string' },
    });
}
