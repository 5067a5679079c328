// What operators look at: the differences, what was not covered, and how the reconciler is. All of it is what the
// reconciler published, with its age said: an old truth must never look like the present one.

import { z } from 'zod';
import { readChunkedList } from '../src/chunked-list.ts';
import { DriftItem } from '../src/drift.ts';
import { isMalformedLedger, type Ledger, parseLedgerRow } from '../src/ledger.ts';
import { SHARD } from '../src/notification.ts';
import {
  CoverageHead,
  type PublishedName,
  publishedKey,
  ReconcilerStatus,
  UnreadPair,
} from '../src/published-state.ts';
import { parseRequestRow, requestKey } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import { parseTimestamp } from '../src/timestamp.ts';
import { ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { type FreshWork, mergeDrift } from './merge-drift.ts';
import { getRoute, type Route } from './route.ts';

const DriftAnswer = z.object({
  items: z.array(DriftItem),
  published_at: z.string().optional(),
  complete: z.boolean().meta({ description: 'false where there was more work than this answer looked at' }),
  stale: z.boolean().meta({ description: 'true where the reconciler has published nothing for a while' }),
});

const CoverageAnswer = CoverageHead.partial().extend({
  completed: z.boolean().meta({ description: 'false while no full sweep has completed' }),
  unread_pairs: z.array(UnreadPair),
});

const StatusAnswer = ReconcilerStatus.partial().extend({
  stale: z.boolean().meta({ description: 'true where the reconciler has said nothing for a while' }),
  age_seconds: z.number().optional(),
  detail: z.string(),
});

/** A leader publishes every few seconds, a scheduled function at least once a minute. */
const STALE_AFTER_MS = 90_000;
const WORK_MAX = 1000;

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'settings'>;

export function operatorRoutes(deps: Deps): readonly Route[] {
  return [
    getRoute('/drift', {
      callers: 'ops',
      bucket: 'general',
      summary: 'Every difference between the access that is wanted and the access that is live.',
      query: z.object({}),
      answers: { status: 200, schema: DriftAnswer },
      handle: async () => ok(await drift(deps)),
    }),
    getRoute('/coverage', {
      callers: 'ops',
      bucket: 'general',
      summary: 'The last full sweep: when, how long, and what it could not read.',
      query: z.object({}),
      answers: { status: 200, schema: CoverageAnswer },
      handle: async () => ok(await coverage(deps)),
    }),
    getRoute('/status', {
      callers: 'ops',
      bucket: 'general',
      summary: 'How the reconciler is.',
      query: z.object({}),
      answers: { status: 200, schema: StatusAnswer },
      handle: async () => ok(await status(deps)),
    }),
  ];
}

async function drift(deps: Deps): Promise<z.output<typeof DriftAnswer>> {
  const published = await readPublished(deps, 'drift');
  const items = (published?.items ?? []).flatMap((item) => DriftItem.safeParse(item).data ?? []);
  const { work, complete } = await readWork(deps.store);
  const { published_at } = published?.head ?? {};
  return {
    items: [...mergeDrift(items, work, deps.clock.nowMs(), deps.settings.scope)],
    ...(typeof published_at === 'string' ? { published_at } : {}),
    complete,
    stale: await isStale(deps),
  };
}

/** Rows of the ledger that have work, read with their requests. Bounded: an answer must not read a whole organisation. */
async function readWork(
  store: StoreReader,
): Promise<{ readonly work: FreshWork; readonly complete: boolean }> {
  const ledgers: Ledger[] = [];
  let complete = true;
  const partition = { attribute: 'shard', value: SHARD };
  for await (const row of queryAll(store, { table: 'assignments', index: 'gsi_due', partition })) {
    const ledger = parseLedgerRow(row);
    complete = ledgers.length < WORK_MAX;
    if (!complete) break;
    if (!isMalformedLedger(ledger)) ledgers.push(ledger);
  }
  const ids = [...new Set(ledgers.flatMap((ledger) => Object.keys(ledger.entries)))];
  const rows = ids.length === 0 ? [] : await store.getMany('requests', ids.map(requestKey));
  const parsed = rows.flatMap((row) => parseRequestRow(row) ?? []);
  return { work: { ledgers, requests: new Map(parsed.map((one) => [one.request_id, one])) }, complete };
}

async function coverage(deps: Deps): Promise<z.output<typeof CoverageAnswer>> {
  const published = await readPublished(deps, 'coverage');
  const head = CoverageHead.safeParse(published?.head);
  const unread_pairs = (published?.items ?? []).flatMap((item) => UnreadPair.safeParse(item).data ?? []);
  return head.success ? { completed: true, ...head.data, unread_pairs } : { completed: false, unread_pairs };
}

async function status(deps: Deps): Promise<z.output<typeof StatusAnswer>> {
  const published = await readStatus(deps);
  if (published === undefined)
    return {
      stale: true,
      detail: 'No reconciler has said anything yet: nothing is granted and nothing ended.',
    };
  const ageMs = ageOf(published, deps.clock.nowMs());
  const age_seconds = Math.round(ageMs / 1000);
  const stale = ageMs > STALE_AFTER_MS;
  return {
    ...published,
    stale,
    age_seconds,
    detail: stale
      ? `The reconciler has said nothing for ${age_seconds} s: see whether it runs. What follows is old.`
      : `As the reconciler said ${age_seconds} s ago.`,
  };
}

async function isStale(deps: Deps): Promise<boolean> {
  const published = await readStatus(deps);
  return published === undefined || ageOf(published, deps.clock.nowMs()) > STALE_AFTER_MS;
}

async function readStatus({ store, settings }: Deps): Promise<ReconcilerStatus | undefined> {
  const row = await store.get('control', publishedKey('status', settings.mode));
  return ReconcilerStatus.safeParse(row).data;
}

// Never negative: a clock that is a little ahead of ours is no news from the future.
function ageOf(published: ReconcilerStatus, nowMs: number): number {
  const publishedMs = parseTimestamp(published.published_at);
  return publishedMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - publishedMs);
}

/** Twice, because a list that is being replaced right now reads as absent. */
async function readPublished({ store, settings }: Deps, name: PublishedName) {
  const key = publishedKey(name, settings.mode);
  return (await readChunkedList(store, key)) ?? (await readChunkedList(store, key));
}
