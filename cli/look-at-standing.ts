// What is left to do, seen with the eyes of the loop that runs in this process: the plan of this moment, what the last
// sweep said, and what is on its way.

import type { FittedReconciler } from '../reconciler/fit-reconciler.ts';
import { readBrake } from '../reconciler/judge-inferences.ts';
import { assignmentsInScope, driftOfPreview, previewAssignments } from '../reconciler/preview.ts';
import { reconcilerSettingsOf } from '../reconciler/reconciler-settings-of.ts';
import type { IdentityCenter } from '../reconciler/run-forever.ts';
import { reportOf } from '../reconciler/run-pass.ts';
import { type Assignment, assignmentId } from '../src/assignment.ts';
import { readChunkedList } from '../src/chunked-list.ts';
import { DriftItem, WithheldItem } from '../src/drift.ts';
import { isMalformedLedger, parseLedgerRow } from '../src/ledger.ts';
import { SHARD } from '../src/notification.ts';
import { type PublishedName, publishedKey, UnreadPair } from '../src/published-state.ts';
import { queryAll, type StoreReader } from '../src/store.ts';
import type { Standing } from './pass-once.ts';

/** Throws while the tables or Identity Center do not answer. Changes nothing. */
export async function lookAtStanding(
  { deps, role }: FittedReconciler,
  live: IdentityCenter['live'],
): Promise<Standing> {
  const { clock, clockState, config } = deps;
  // What an observer would have written it keeps in memory, and reads as if it were in the tables.
  const store = role.mode === 'observe' ? role.memory.tables.reader : deps.store;
  const kept = role.mode === 'observe' ? role.memory.tables.due(clock.nowMs()) : [];
  const reads = { store, live, clock, clockState, policy: reconcilerSettingsOf(config).policy };
  const assignments = distinct([...(await assignmentsInScope(reads, {})), ...kept]);
  const preview = await previewAssignments(reads, assignments, { doubt: false });
  const published = async (name: PublishedName) =>
    (await readChunkedList(store, publishedKey(name, role.mode)))?.items ?? [];
  const drift = (await published('drift')).flatMap((item) => DriftItem.safeParse(item).data ?? []);
  const withheld = (await published('withheld')).flatMap((item) => WithheldItem.safeParse(item).data ?? []);
  const unread = (await published('coverage')).flatMap((item) => UnreadPair.safeParse(item).data ?? []);
  const known = { drift: driftOfPreview(preview.plan, drift), withheld, brake: await readBrake(deps.store) };
  const report = reportOf(preview, known);
  return {
    report: { ...report, unread: [...report.unread, ...unread.map(describeUnread)] },
    underWay: await countUnderWay(store),
    notificationsPending: await countPending(store),
  };
}

function describeUnread({ permission_set_arn: set, account_id: account, why }: UnreadPair): string {
  return `${account ?? 'every account'}, ${set}: ${why}`;
}

function distinct(assignments: readonly Assignment[]): readonly Assignment[] {
  return [...new Map(assignments.map((assignment) => [assignmentId(assignment), assignment])).values()];
}

const DUE = { index: 'gsi_due', partition: { attribute: 'shard', value: SHARD } };

/** Whatever is on its way to AWS, or not yet proved, has a time at which it is looked at next. */
async function countUnderWay(store: StoreReader): Promise<number> {
  let count = 0;
  for await (const row of queryAll(store, { table: 'assignments', ...DUE })) {
    const ledger = parseLedgerRow(row);
    if (!isMalformedLedger(ledger) && ledger.stage !== 'REST') count += 1;
  }
  return count;
}

async function countPending(store: StoreReader): Promise<number> {
  let count = 0;
  for await (const _notification of queryAll(store, { table: 'outbox', ...DUE })) count += 1;
  return count;
}
