// The status of a request as people are told it. What was typed into the row by hand counts only where it takes access
// away: the loop adopts that, and puts everything else back.

import { isEnding, type RequestRow, type RequestStatus, RequestStatuses } from '../src/request.ts';

/** An ending that was typed, else what was audited, else (old rows) what is there; nonsense is an ERROR. */
export function shownStatus(request: Pick<RequestRow, 'status' | 'audited_status'>): RequestStatus {
  if (isEnding(request.status)) return request.status;
  return request.audited_status ?? RequestStatuses.find((status) => status === request.status) ?? 'ERROR';
}

/** Asked for, approved or granted, and not ended. */
export function isOpen(request: Pick<RequestRow, 'status' | 'audited_status'>): boolean {
  return ['PENDING', 'APPROVED', 'GRANTED'].includes(shownStatus(request));
}
