// What is said about a person as a whole, and lifted again, with its audit event. A freeze is only ever made longer by
// another one; lifting it is a call of its own. Pure.

import { subjectEvent } from '../src/audit-event.ts';
import { holdName, holdWrite, isFrozen, type PrincipalHold } from '../src/principal-hold.ts';
import type { Write } from '../src/store.ts';
import { parseTimestamp, toDueAt } from '../src/timestamp.ts';

export type HoldOrder = {
  readonly principalId: string;
  readonly actorEmail: string;
  readonly reason: string;
  readonly email?: string | undefined;
  readonly freeze: boolean;
  /** Without it a freeze lasts until it is lifted. */
  readonly freezeUntilMs?: number | undefined;
};

export type HoldDecision = {
  readonly outcome: Omit<PrincipalHold, 'name' | 'version'>;
  readonly writes: readonly Write[];
  /** For when the audit table cannot be written: taking access away must not wait for it. */
  readonly withoutAudit: readonly Write[];
};

/** For how long the loop keeps looking for requests that a lagging index hid. */
const SEARCH_MS = 120_000;

/** Everything that was asked for up to now is revoked. `skewMs`: by how much other clocks may be ahead of ours. */
export function decideHold(
  read: PrincipalHold | undefined,
  order: HoldOrder,
  now: { readonly nowMs: number; readonly skewMs: number },
): HoldDecision {
  const beforeMs = Math.max(parseTimestamp(read?.revoked_before) ?? 0, now.nowMs + now.skewMs);
  const email = order.email ?? read?.email;
  const next = {
    principal_id: order.principalId,
    ...(email === undefined ? {} : { email }),
    revoked_before: toDueAt(beforeMs),
    search_until: toDueAt(now.nowMs + SEARCH_MS),
    ...freezeAfter(read, order, now.nowMs),
    actor_email: order.actorEmail,
    reason: order.reason,
  };
  const write = holdWrite(read, next);
  const event = subjectEvent({
    ...aboutPerson(read, order),
    type: 'USER_FROZEN',
    details: {
      reason: order.reason,
      revoked_before: next.revoked_before,
      frozen: String(next.frozen),
      ...(next.freeze_until === undefined ? {} : { freeze_until: next.freeze_until }),
    },
    nowMs: now.nowMs,
  });
  return { outcome: next, writes: [write, event], withoutAudit: [write] };
}

/** The longer of the freeze that is and the one that is ordered; without an end is longest. */
function freezeAfter(
  read: PrincipalHold | undefined,
  order: HoldOrder,
  nowMs: number,
): Pick<PrincipalHold, 'frozen'> & { readonly freeze_until?: string } {
  const untils = [
    ...(isFrozen(read, nowMs) ? [parseTimestamp(read?.freeze_until) ?? Number.POSITIVE_INFINITY] : []),
    ...(order.freeze ? [order.freezeUntilMs ?? Number.POSITIVE_INFINITY] : []),
  ];
  if (untils.length === 0) return { frozen: false };
  const untilMs = Math.max(...untils);
  return untilMs === Number.POSITIVE_INFINITY
    ? { frozen: true }
    : { frozen: true, freeze_until: toDueAt(untilMs) };
}

/** Undefined where there is no freeze to lift. What was revoked stays revoked. */
export function decideUnfreeze(
  read: PrincipalHold | undefined,
  order: Pick<HoldOrder, 'principalId' | 'actorEmail' | 'reason'>,
  nowMs: number,
): readonly Write[] | undefined {
  if (read === undefined || !read.frozen) return undefined;
  const { name: _name, version: _version, freeze_until: _until, ...kept } = read;
  const next = { ...kept, frozen: false, actor_email: order.actorEmail, reason: order.reason };
  const event = subjectEvent({
    ...aboutPerson(read, order),
    type: 'USER_UNFROZEN',
    details: { reason: order.reason },
    nowMs,
  });
  return [holdWrite(read, next), event];
}

function aboutPerson(read: PrincipalHold | undefined, order: Pick<HoldOrder, 'principalId' | 'actorEmail'>) {
  return {
    subject: `control#${holdName(order.principalId)}`,
    version: (read?.version ?? 0) + 1,
    actor: { email: order.actorEmail },
  } as const;
}
