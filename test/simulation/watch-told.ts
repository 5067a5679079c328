// What people are told is what is true: each message is compared with the row and the event that are written with it, its
// status, its instant and its person. People act on these words during an incident.

import type { Row } from '../../src/store.ts';
import { rowsOf, type Scene, type Watcher, type Written } from './watcher.ts';

export function watchTold(scene: Scene): Watcher {
  return {
    written(written) {
      for (const { write, after } of rowsOf(written, 'outbox')) {
        if (write.kind !== 'put' || after === undefined) continue;
        const told = Object(after.body) as Readonly<Record<string, unknown>>;
        const request = rowAfter(written, String(told.request_id));
        const event = eventOf(written, String(told.request_id));
        if (request === undefined || event === undefined) continue;
        for (const lie of liesOf(told, request, event))
          scene.report(
            'T1',
            `${written.by} told ${lie}: ${JSON.stringify(told)} of ${JSON.stringify(request)}`,
          );
      }
    },
  };
}

function rowAfter(written: Written, id: string): Row | undefined {
  return [...rowsOf(written, 'requests')].find(({ after }) => after?.request_id === id)?.after;
}

function eventOf({ writes }: Written, id: string): Row | undefined {
  const put = writes.find(
    (write) => write.table === 'audit' && write.kind === 'put' && write.row.request_id === id,
  );
  return put?.kind === 'put' ? put.row : undefined;
}

function liesOf(told: Readonly<Record<string, unknown>>, request: Row, event: Row): readonly string[] {
  const sentence = String(Reflect.get(Object(told.details), 'note'));
  const details = Object(event.details) as Readonly<Record<string, unknown>>;
  return [
    statusLie(told.status, request, event, details),
    sentenceLie(sentence, request, event, details),
    personLie(told, request),
  ].filter((lie) => lie !== undefined);
}

/** Kept by another request it is told as REVOKED, since the plugin says "removed" of what is EXPIRED. */
function statusLie(
  status: unknown,
  { audited_status: audited }: Row,
  { event_type: type }: Row,
  { confirmed_absent: gone }: Readonly<Record<string, unknown>>,
): string | undefined {
  const lapsed = audited === 'EXPIRED' && gone === undefined && type === 'EXPIRED';
  if (status === 'DENIED') return audited === 'DENIED' || lapsed ? undefined : `${audited} as DENIED`;
  if (status === 'REVOKED') {
    if (audited === 'PENDING' || audited === 'APPROVED' || audited === 'GRANTED')
      return `${audited} as ended`;
    return audited === 'EXPIRED' && gone !== undefined ? 'what came to its end as REVOKED' : undefined;
  }
  if (status === 'EXPIRED' && gone === undefined) return 'removed without having seen it gone';
  return status === audited ? undefined : `${String(audited)} as ${String(status)}`;
}

function sentenceLie(
  sentence: string,
  { approved_at, end_time, audited_status }: Row,
  { event_type: type }: Row,
  { requested, confirmed_absent: gone }: Readonly<Record<string, unknown>>,
): string | undefined {
  if (/no access had been granted/.test(sentence) && typeof approved_at === 'string')
    return 'never live of what was approved';
  const seconds = /seen gone (\d+) s later/.exec(sentence)?.[1];
  if (seconds !== undefined) {
    const tookMs = Date.parse(String(gone)) - Date.parse(String(requested));
    // The instants of the event are whole seconds.
    if (!(Math.abs(Number(seconds) * 1000 - Math.max(0, tookMs)) <= 2_000))
      return 'another time than the event';
  }
  if (/remains through request/.test(sentence) !== (type === 'KEPT')) return 'kept and removed mixed up';
  const isGrant = audited_status === 'GRANTED' && type === 'GRANTED';
  return isGrant && !sentence.includes(String(end_time)) ? 'another end than the row has' : undefined;
}

/** A person is named by e-mail, else it is the system. */
function personLie(
  { status, actor }: Readonly<Record<string, unknown>>,
  { approver_email, revoked_by, audited_status }: Row,
): string | undefined {
  const person = (by: unknown) => (typeof by === 'string' && by.includes('@') ? by : 'system');
  if (status === 'GRANTED') return actor === person(approver_email) ? undefined : 'another approver';
  if (status !== 'REVOKED' || audited_status !== 'REVOKED') return undefined;
  return actor === person(revoked_by) ? undefined : 'another person than who revoked';
}
