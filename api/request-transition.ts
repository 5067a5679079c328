// One step of a request by a person: its row and its audit event, as items of one transaction, and the row as it is
// afterwards. Decides nothing.

import { type Actor, type AuditDetails, type AuditEventType, requestEvent } from '../src/audit-event.ts';
import { parseRequestRow, type RequestRow, requestKey, unchangedRequest } from '../src/request.ts';
import type { Row, Write } from '../src/store.ts';

export type Transition = {
  readonly set: Row;
  readonly remove?: readonly string[];
  readonly event: { readonly type: AuditEventType; readonly actor: Actor; readonly details: AuditDetails };
};

/** Conditional on the row being as it was read. */
export function requestTransition(
  request: RequestRow,
  transition: Transition,
  nowMs: number,
): { readonly writes: readonly Write[]; readonly after: RequestRow } {
  const event = requestEvent(request, { ...transition.event, nowMs });
  const set = { ...transition.set, ...event.requestSet };
  const remove = transition.remove ?? [];
  const row: Write = {
    kind: 'update',
    table: 'requests',
    key: requestKey(request.request_id),
    set,
    ...(remove.length === 0 ? {} : { remove }),
    onlyIf: unchangedRequest(request),
  };
  return { writes: [row, event.write], after: requestAfter(request, set, remove) };
}

/** A request as it reads once attributes were set and removed. */
export function requestAfter(request: RequestRow, set: Row, remove: readonly string[] = []): RequestRow {
  const { stored: _stored, ...attributes } = request;
  const changed: Record<string, unknown> = { ...attributes, ...set };
  for (const name of remove) delete changed[name];
  return parseRequestRow(changed) ?? request;
}
