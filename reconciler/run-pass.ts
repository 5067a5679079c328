// Carries out a pass that somebody asked for, and writes down what came of it. A dry run stops at the plan; a forced one
// sets what is in its scope due now and clears its back-off. Evidence, the brake and S1 stay what they are.

import { type Assignment, assignmentId } from '../src/assignment.ts';
import type { Brake } from '../src/brake.ts';
import { type DriftItem, type WithheldItem, withheldDigest } from '../src/drift.ts';
import { isMalformedLedger, ledgerWrite, parseLedgerRow } from '../src/ledger.ts';
import type { Log } from '../src/log.ts';
import { type PassReport, PassRow, passKey } from '../src/pass.ts';
import type { Plan } from '../src/plan.ts';
import type { Store } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import type { Converged } from './converge-assignment.ts';
import { readBrake } from './judge-inferences.ts';
import { assignmentsInScope, driftOfPreview, type PreviewDeps, previewScope } from './preview.ts';
import { readWithheld, releaseWithheld } from './release-withheld.ts';

export type PassDeps = PreviewDeps & {
  readonly store: Store;
  readonly look: (assignment: Assignment) => Promise<Converged | undefined>;
  /** Begins a whole sweep, where the pass is about everything. */
  readonly pokeSweep: () => void;
  readonly knownDrift: () => readonly DriftItem[];
  readonly log: Log;
};

const LISTED_MAX = 100;

/** Runs a pass that was requested; one that is done, or that nobody asked for, is left alone. */
export async function runPass(deps: PassDeps, passId: string): Promise<void> {
  const parsed = PassRow.safeParse(await deps.store.get('control', passKey(passId)));
  if (!parsed.success || parsed.data.state === 'DONE' || parsed.data.state === 'FAILED') return;
  const pass = parsed.data;
  await writePass(deps, { ...pass, state: 'RUNNING' });
  const finished = await outcomeOf(deps, pass);
  await writePass(deps, { ...pass, ...finished, finished_at: toTimestamp(deps.clock.nowMs()) });
  if (pass.dry_run || finished.state !== 'DONE') return;
  deps.log.info('a forced pass was carried out', { pass_id: passId, results: finished.results?.length ?? 0 });
}

export type Outcome = Pick<PassRow, 'state' | 'report' | 'results' | 'error'>;

async function outcomeOf(deps: PassDeps, pass: PassRow): Promise<Outcome> {
  try {
    const preview = await previewScope(deps, pass.scope);
    const withheld = (await readWithheld(deps.store)) ?? [];
    const drift = driftOfPreview(preview.plan, deps.knownDrift());
    const report = reportOf(preview, { withheld, drift, brake: await readBrake(deps.store) });
    const results = pass.dry_run ? [] : await force(deps, pass);
    return { state: 'DONE', report, results };
  } catch (error) {
    return failedPass(deps.log, pass.pass_id, error);
  }
}

/** What went wrong is for the log; whoever asked is told nothing of the inside. */
export function failedPass(log: Log, passId: string, error: unknown): Outcome {
  log.error('a pass failed', { pass_id: passId, error });
  return { state: 'FAILED', error: 'The pass could not be made; the log of the reconciler says why.' };
}

export function reportOf(
  preview: { readonly plan: Plan; readonly unread: readonly string[]; readonly left: number },
  known: {
    readonly withheld: readonly WithheldItem[];
    readonly drift: readonly DriftItem[];
    readonly brake: Pick<Brake, 'tripped' | 'reason'>;
  },
): PassReport {
  const { withheld, drift, brake } = known;
  const changes = preview.plan.changes.map(({ assignmentId: id, rule, reason, requestIds }) => ({
    assignment_id: id,
    rule,
    reason,
    request_ids: [...requestIds],
  }));
  const left = preview.left === 0 ? [] : [`${preview.left} more assignments were not looked at`];
  return {
    changes: changes.slice(0, LISTED_MAX),
    withheld: withheld.slice(0, LISTED_MAX),
    ...(withheld.length === 0 ? {} : { digest: withheldDigest(withheld) }),
    brake: { tripped: brake.tripped, ...(brake.reason === undefined ? {} : { reason: brake.reason }) },
    drift: drift.slice(0, LISTED_MAX),
    unread: [...preview.unread.slice(0, LISTED_MAX), ...left],
    truncated: preview.left > 0 || Math.max(changes.length, withheld.length, drift.length) > LISTED_MAX,
    totals: { changes: changes.length + preview.left, withheld: withheld.length, drift: drift.length },
  };
}

async function force(deps: PassDeps, pass: PassRow): Promise<string[]> {
  const results: string[] = [];
  const scope = await assignmentsInScope(deps, pass.scope);
  const released = await releaseFor(deps, pass, results);
  for (const assignment of scope) await setDue(deps, assignment);
  const whole = Object.values(pass.scope).every((id) => id === undefined);
  if (whole) {
    deps.pokeSweep();
    results.push('a sweep of everything was begun');
  }
  const looked = await Promise.all([...scope, ...released].map((assignment) => deps.look(assignment)));
  return [...results, ...looked.flatMap((converged) => sentences(converged))].slice(0, LISTED_MAX);
}

async function releaseFor(deps: PassDeps, pass: PassRow, results: string[]): Promise<readonly Assignment[]> {
  if (pass.release_withheld === undefined) return [];
  const released = await releaseWithheld(deps, pass, pass.release_withheld);
  if (released.kind === 'refused') {
    results.push(`nothing was released: ${released.why}`);
    return [];
  }
  results.push(`released by ${pass.actor_email}: ${released.assignmentIds.length} assignments`);
  const rows = await deps.store.getMany(
    'assignments',
    released.assignmentIds.map((assignment_id) => ({ assignment_id })),
  );
  return rows.map(parseLedgerRow).flatMap((ledger) => (isMalformedLedger(ledger) ? [] : [ledger.assignment]));
}

/** Due now: what was backing off is tried at once. A row that changes at this moment is being worked on anyway. */
async function setDue({ store, clock }: PassDeps, assignment: Assignment): Promise<void> {
  const row = await store.get('assignments', { assignment_id: assignmentId(assignment) });
  const ledger = row === undefined ? undefined : parseLedgerRow(row);
  if (ledger === undefined || isMalformedLedger(ledger)) return;
  if (ledger.stage === 'REST' && ledger.due_at === undefined) return;
  await store.transact([ledgerWrite(ledger, { ...ledger, due_at: clock.nowMs() })]);
}

function sentences(converged: Converged | undefined): string[] {
  if (converged === undefined) return [];
  if (converged.unreadable !== undefined)
    return [`${converged.assignmentId}: not understood: ${converged.unreadable}`];
  return converged.changes.map((change) => `${change.assignmentId}: ${change.rule}: ${change.reason}`);
}

async function writePass({ store }: PassDeps, row: PassRow): Promise<void> {
  await store.transact([{ kind: 'put', table: 'control', row }]);
}
