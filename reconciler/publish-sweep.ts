// What a completed sweep tells the world: the differences it found, and its coverage. The coverage is written last:
// under its fingerprint, what is found from then on may be inferred from.

import { readChunkedList } from '../src/chunked-list.ts';
import type { DriftItem } from '../src/drift.ts';
import { scopeFingerprint } from '../src/managed-scope.ts';
import type { Policy } from '../src/policy.ts';
import { type CoverageHead, publishedKey, UnreadPair } from '../src/published-state.ts';
import type { Store } from '../src/store.ts';
import { parseTimestamp, toTimestamp } from '../src/timestamp.ts';
import { publishList } from './publish-list.ts';
import type { SweepResult } from './sweep.ts';

/** The scope under which a sweep was completed last; undefined before the first. */
export async function completedFingerprint(store: Pick<Store, 'get'>): Promise<string | undefined> {
  const head = await store.get('control', publishedKey('coverage', 'enforce'));
  return typeof head?.fingerprint === 'string' ? head.fingerprint : undefined;
}

export async function publishSweep(
  { store, policy }: { readonly store: Store; readonly policy: Policy },
  { progress, finishedMs }: Pick<SweepResult, 'progress' | 'finishedMs'>,
  drift: readonly DriftItem[],
): Promise<void> {
  const completedAt = toTimestamp(finishedMs);
  const published = { mode: 'enforce', nowMs: finishedMs } as const;
  await publishList(store, { name: 'drift', ...published }, { published_at: completedAt }, drift);
  const startedMs = parseTimestamp(progress.started_at) ?? finishedMs;
  const head: CoverageHead & { readonly fingerprint: string } = {
    completed_at: completedAt,
    started_at: progress.started_at,
    duration_seconds: Math.max(0, (finishedMs - startedMs) / 1000),
    pairs: progress.pairs,
    live: progress.live,
    unread: progress.unread.length,
    fingerprint: scopeFingerprint(policy.scope),
  };
  const unread = await withNeverRead(store, head.fingerprint, progress.unread);
  await publishList(store, { name: 'coverage', ...published }, head, unread);
}

/** A pair stays never read until a sweep under the same scope has read it. */
async function withNeverRead(
  store: Pick<Store, 'get' | 'getMany'>,
  fingerprint: string,
  unread: readonly UnreadPair[],
): Promise<readonly UnreadPair[]> {
  const before = await readChunkedList(store, publishedKey('coverage', 'enforce'), { evenTorn: true });
  const known = before?.head.fingerprint === fingerprint ? before.items : undefined;
  const never = known
    ?.flatMap((item) => UnreadPair.safeParse(item).data ?? [])
    .filter((pair) => pair.never_read);
  const isNever = (pair: UnreadPair) =>
    never === undefined ||
    never.some(
      ({ permission_set_arn, account_id }) =>
        permission_set_arn === pair.permission_set_arn && (account_id ?? pair.account_id) === pair.account_id,
    );
  return unread.map((pair) => ({ ...pair, never_read: isNever(pair) }));
}
