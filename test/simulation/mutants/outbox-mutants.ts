// Weaknesses in how people are told.

import type { Mutant } from './mutant.ts';

const file = 'reconciler/deliver-notifications.ts';

export const OutboxMutants: readonly Mutant[] = [
  {
    name: 'order-is-ignored',
    file,
    find: 'if (row.seq === 1) return true;',
    replace: 'if (row.seq >= 1) return true;',
    breaks: 'T2: a notification is sent before the one before it is gone',
  },
  {
    name: 'left-the-outbox-before-it-was-accepted',
    file,
    find: "const delivery = await inSpan('notify', ",
    replace:
      "await deps.store.transact([{ kind: 'delete', table: 'outbox', key }]);\n  const delivery = await inSpan('notify', ",
    breaks: 'T2: a notification that the chat does not accept is never delivered',
  },
  {
    name: 'refused-counts-as-accepted',
    file,
    find: "if (delivery.kind === 'accepted') {",
    replace: "if (delivery.kind !== 'unreachable') {",
    breaks: 'T2: a notification that the chat refused is never delivered',
  },
  {
    name: 'half-a-row-comes-back',
    file,
    find: ", onlyIf: [{ attribute: 'notification_id', present: true }] },",
    replace: ' },',
    breaks: 'T2, T3: a notification that another process delivered comes back as half a row',
  },
  {
    name: 'notifications-share-their-sequence',
    file: 'src/notification.ts',
    find: 'const seq = request.notification_seq + 1;',
    replace: 'const seq = Math.max(1, request.notification_seq);',
    breaks: 'T2, L1: while one notification waits, the next step of its request cannot be written',
  },
  {
    name: 'one-dead-notification-stops-the-others',
    file,
    find: 'const due = rows.filter((row) => row.due_at <= dueAt);',
    replace: 'const due = rows.some((row) => row.due_at > dueAt) ? [] : rows;',
    breaks: 'L3: a notification that is refused holds up those of other requests',
  },
];
