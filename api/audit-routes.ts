// `GET /audit`: what happened, as JSON lines in the order of time, streamed so that a year of it needs no memory.

import { z } from 'zod';
import { type Query, queryAll, type Row, type StoreReader } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import type { ApiDeps } from './api-deps.ts';
import { accountId, channelId, instant } from './fields.ts';
import { problem } from './problem.ts';
import { getRoute, type Route } from './route.ts';

const AuditQuery = z.object({
  request_id: z
    .string()
    .max(400)
    .optional()
    .meta({ description: 'the id of a request, or assignment#… or control#…' }),
  account_id: accountId.optional(),
  channel_id: channelId.optional(),
  from: instant('start'),
  to: instant('end'),
});
type AuditQuery = z.output<typeof AuditQuery>;

const AuditLine = z
  .object({
    request_id: z.string(),
    event_id: z.string().optional(),
    event_time: z.string().optional(),
    event_type: z.string().optional(),
    account_id: z.string().optional(),
    channel_id: z.string().optional(),
    actor_mm_user_id: z.string().optional(),
    actor_email: z.string().optional(),
    details: z.unknown().optional(),
  })
  .meta({ id: 'AuditEvent' });

export function auditRoutes({ store }: Pick<ApiDeps, 'store'>): readonly Route[] {
  return [
    getRoute('/audit', {
      callers: 'ops',
      bucket: 'general',
      summary: 'The audit of a request, an account or a channel, as JSON lines.',
      query: AuditQuery,
      answers: { status: 200, schema: AuditLine, contentType: 'application/x-ndjson' },
      handle: async ({ query }) => {
        const wanted = toQuery(query);
        if (wanted === undefined)
          return problem('malformed', 'Give exactly one of request_id, account_id and channel_id.');
        return { status: 200, lines: await startedLines(store, wanted) };
      },
    }),
  ];
}

function toQuery({ request_id, account_id, channel_id, from, to }: AuditQuery): Query | undefined {
  const given = Object.entries({ request_id, account_id, channel_id }).filter(([, value]) => value);
  const [attribute = '', value = ''] = given[0] ?? [];
  if (given.length !== 1) return undefined;
  return {
    table: 'audit',
    ...(attribute === 'request_id' ? { consistent: true } : { index: INDEXES[attribute] ?? '' }),
    partition: { attribute, value },
    sort: {
      attribute: 'event_time_event_id',
      ...(from === undefined ? {} : { from: toTimestamp(from).slice(0, -1) }),
      // `#` stands behind the time in the key, and `$` comes after it: the whole last second belongs to the list.
      ...(to === undefined ? {} : { to: `${toTimestamp(to)}$` }),
    },
  };
}

const INDEXES: Readonly<Record<string, string>> = {
  account_id: 'gsi_account_event',
  channel_id: 'gsi_channel_event',
};

/** The first row is read before anything is answered, so that a table that is down is a 503 and not half a list. */
async function startedLines(store: Pick<StoreReader, 'query'>, query: Query): Promise<AsyncIterable<object>> {
  const rows = queryAll(store, query);
  const first = await rows.next();
  return (async function* lines() {
    if (first.done !== true) yield toLine(first.value);
    for await (const row of rows) yield toLine(row);
  })();
}

/** The event without its key, and without what a hand may have put beside it. */
function toLine(row: Row): object {
  const names = Object.keys(AuditLine.shape);
  return Object.fromEntries(
    names.flatMap((name) => (row[name] === undefined ? [] : [[name, plain(row[name])]])),
  );
}

// A Set has no JSON of its own: it would read as an empty object.
function plain(value: unknown): unknown {
  if (value instanceof Set || Array.isArray(value)) return [...value].map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
