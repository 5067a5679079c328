// Whether a person may deny a request, and what a denial writes. There is nothing to remove, so the request is settled
// at once; the plugin shows a denial itself, so nobody is notified. Pure.

import type { Binding } from '../src/binding.ts';
import { normalizeEmail, type RequestRow } from '../src/request.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { type Person, refusedDecider } from './check-decider.ts';
import type { Decision } from './decide-and-write.ts';
import { problem } from './problem.ts';
import { requestTransition } from './request-transition.ts';
import { shownStatus } from './shown-status.ts';

export function decideDenial(
  { request, binding }: { readonly request: RequestRow; readonly binding: Binding | undefined },
  denial: { readonly by: Person; readonly reason: string },
  nowMs: number,
): Decision<RequestRow> {
  const status = shownStatus(request);
  if (status !== 'PENDING') return problem('conflict', `This request is ${status} already.`);
  const refusal = refusedDecider(request, binding, denial.by);
  if (refusal !== undefined) return refusal;
  const email = normalizeEmail(denial.by.email);
  const { writes, after } = requestTransition(
    request,
    {
      set: {
        status: 'DENIED',
        audited_status: 'DENIED',
        denied_at: toTimestamp(nowMs),
        approver_mm_user_id: denial.by.mmUserId,
        approver_email: email,
      },
      remove: ['due_at'],
      event: {
        type: 'DENIED',
        actor: { email, mmUserId: denial.by.mmUserId },
        details: denial.reason === '' ? {} : { reason: denial.reason },
      },
    },
    nowMs,
  );
  return { writes, outcome: after };
}
