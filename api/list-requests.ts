// `GET /requests`: which index answers, which rows match, and where the next call goes on. Each call does a bounded
// amount of work: a page may be short, or empty, and still name a next one.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  normalizeEmail,
  parseRequestRow,
  type RequestRow,
  RequestStatuses,
  requestKey,
} from '../src/request.ts';
import type { Query, Row, StoreReader } from '../src/store.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import { accountId, channelId, instant } from './fields.ts';
import { isProblem, type Problem, problem } from './problem.ts';
import { shownStatus } from './shown-status.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
const PAGE_ROWS = 200;
const PAGES_MAX = 10;

export const ListQuery = z.object({
  request_id: z.string().max(256).optional().meta({ description: 'the id of a request' }),
  channel_id: channelId.optional(),
  account_id: accountId.optional(),
  requester_email: z.string().trim().min(1).max(320).optional().meta({ description: 'an e-mail address' }),
  status: z
    .enum(RequestStatuses)
    .optional()
    .meta({ description: `one of ${RequestStatuses.join(', ')}` }),
  start_date: instant('start'),
  end_date: instant('end'),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .optional()
    .meta({ description: `a whole number from 1; more than ${LIMIT_MAX} means ${LIMIT_MAX}` }),
  next_token: z.string().optional().meta({ description: 'the next_token of the answer before' }),
});
type ListQuery = z.output<typeof ListQuery>;
type Filters = Omit<ListQuery, 'limit' | 'next_token'>;

export type Listed = {
  readonly items: readonly RequestRow[];
  readonly next_token?: string;
  readonly filters: Readonly<Record<string, string>>;
};

/** One page of requests. */
export async function listRequests(
  store: Pick<StoreReader, 'get' | 'query'>,
  query: ListQuery,
): Promise<Listed | Problem> {
  const { limit: typedLimit, next_token: token, ...filters } = query;
  const limit = Math.min(Number(typedLimit ?? LIMIT_DEFAULT), LIMIT_MAX);
  const shownFilters = showFilters(filters);
  if (filters.request_id !== undefined) {
    const row = await store.get('requests', requestKey(filters.request_id));
    return { items: row === undefined ? [] : matching([row], filters), filters: shownFilters };
  }
  const index = chooseIndex(filters);
  if (index === undefined)
    return problem(
      'malformed',
      'Give at least one of request_id, channel_id, account_id, requester_email and status.',
    );
  const digest = digestOf(shownFilters);
  const after = token === undefined ? undefined : readToken(token, digest, index);
  if (after !== undefined && isProblem(after)) return after;
  const page = await collect(store, { index, filters, limit, after: after?.position });
  const next = page.position === undefined ? {} : { next_token: writeToken(digest, page.position) };
  return { items: page.items, ...next, filters: shownFilters };
}

type Index = Pick<Query, 'index' | 'partition'> & { readonly sort: NonNullable<Query['sort']> };

/** The index that leaves the least to filter: people have few requests, a channel some, an account or status many. */
function chooseIndex(filters: Filters): Index | undefined {
  const created = createdBetween(filters);
  const by = (index: string, attribute: string, value: string | undefined): Index | undefined =>
    value === undefined ? undefined : { index, partition: { attribute, value }, sort: created };
  const person = filters.requester_email;
  return (
    by('gsi_requester_created', 'requester_email', person && normalizeEmail(person)) ??
    by('gsi_channel_created', 'channel_id', filters.channel_id) ??
    by('gsi_account_created', 'account_id', filters.account_id) ??
    (filters.status === undefined
      ? undefined
      : {
          index: 'gsi_status_endtime',
          partition: { attribute: 'status', value: filters.status },
          sort: { attribute: 'end_time' },
        })
  );
}

// Without its `Z` the first second sorts before its own fractions, which rows of the previous deployment have.
function createdBetween({ start_date: startMs, end_date: endMs }: Filters) {
  return {
    attribute: 'created_at',
    ...(startMs === undefined ? {} : { from: toTimestamp(startMs).slice(0, -1) }),
    ...(endMs === undefined ? {} : { to: toTimestamp(endMs) }),
  };
}

type Collected = { readonly items: readonly RequestRow[]; readonly position: Row | undefined };

async function collect(
  store: Pick<StoreReader, 'query'>,
  what: {
    readonly index: Index;
    readonly filters: Filters;
    readonly limit: number;
    readonly after: Row | undefined;
  },
): Promise<Collected> {
  const items: RequestRow[] = [];
  let after = what.after;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await store.query({
      table: 'requests',
      ...what.index,
      descending: true,
      limit: PAGE_ROWS,
      ...(after === undefined ? {} : { after }),
    });
    for (const [at, row] of page.rows.entries()) {
      items.push(...matching([row], what.filters));
      const last = at === page.rows.length - 1;
      if (items.length === what.limit)
        return { items, position: last && page.next === undefined ? undefined : positionOf(row, what.index) };
    }
    after = page.next;
    if (after === undefined) break;
  }
  return { items, position: after };
}

function matching(rows: readonly Row[], filters: Filters): RequestRow[] {
  return rows.flatMap((row) => {
    const request = parseRequestRow(row);
    return request !== undefined && matches(request, filters) ? [request] : [];
  });
}

function matches(request: RequestRow, filters: Filters): boolean {
  const createdMs = parseTimestamp(request.created_at) ?? 0;
  return (
    (filters.channel_id === undefined || request.channel_id === filters.channel_id) &&
    (filters.account_id === undefined || request.account_id === filters.account_id) &&
    (filters.requester_email === undefined ||
      normalizeEmail(request.requester_email) === normalizeEmail(filters.requester_email)) &&
    (filters.status === undefined || shownStatus(request) === filters.status) &&
    (filters.start_date === undefined || createdMs >= filters.start_date) &&
    // The whole last second belongs to it.
    (filters.end_date === undefined || createdMs < filters.end_date + 1000)
  );
}

function showFilters(filters: Filters): Record<string, string> {
  const shown = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'number' ? toTimestamp(value) : value]],
  );
  return Object.fromEntries(shown);
}

/** Where a row stands in an index: what DynamoDB goes on behind. */
function positionOf(row: Row, index: Index): Row {
  const names = ['request_id', index.partition.attribute, index.sort.attribute];
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

// No sort key of a table is longer, and DynamoDB fails on what cannot be a key.
const KEY_BYTES_MAX = 1024;
const KeyText = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= KEY_BYTES_MAX);
const Token = z.object({ digest: z.string(), position: z.record(z.string(), KeyText) });

function digestOf(filters: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 16);
}

function writeToken(digest: string, position: Row): string {
  return Buffer.from(JSON.stringify({ digest, position })).toString('base64url');
}

// A token is checked like any other input: it came back from outside, and a foreign position would show other rows.
function readToken(token: string, digest: string, index: Index): { readonly position: Row } | Problem {
  const parsed = Token.safeParse(decodeToken(token));
  const refused = problem('malformed', 'next_token does not belong to these filters; start without it.');
  if (!parsed.success || parsed.data.digest !== digest) return refused;
  const { position } = parsed.data;
  const names = ['request_id', index.partition.attribute, index.sort.attribute].sort();
  if (Object.keys(position).sort().join() !== names.join()) return refused;
  const at = position[index.sort.attribute] ?? '';
  const { from = '', to = at } = index.sort;
  const inside = position[index.partition.attribute] === index.partition.value && from <= at && at <= to;
  return inside ? { position } : refused;
}

function decodeToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
