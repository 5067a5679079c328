// What the canary does next, where no story comes by.

import { expect, test } from 'vitest';
import { type CanaryView, nextCanaryStep } from '../../src/canary.ts';
import { emptyLedger } from '../../src/ledger.ts';
import { parseRequestRow } from '../../src/request.ts';
import { DEV, DORA, HOUR, READ_ONLY } from '../world.ts';

const NOW_MS = Date.parse('2026-01-15T12:00:10Z');
const assignment = { accountId: DEV, permissionSetArn: READ_ONLY, principalId: DORA.id };
const settings = { assignment, intervalMs: HOUR };

function granted(assignment_status: string): CanaryView {
  const request_id = 'canary-20260115T120000Z';
  const row = { name: 'canary', request_id, begun_at: '2026-01-15T12:00:00.000Z' };
  const request = parseRequestRow({
    ...{ request_id, status: 'GRANTED', audited_status: 'GRANTED', approved_at: '2026-01-15T12:00:01Z' },
    ...{ assignment_status, due_at: '2026-01-15T12:15:00.000Z', audit_seq: 3 },
  });
  return { row, request, hold: undefined, ledger: emptyLedger(assignment, NOW_MS) };
}

function runWritten(view: CanaryView): unknown {
  const writes = nextCanaryStep(view, settings, NOW_MS)?.writes ?? [];
  return writes.flatMap((write) => (write.table === 'control' && write.kind === 'put' ? [write.row] : []))[0];
}

test('an ending counts where the canary was seen live until then', () => {
  expect(runWritten(granted('LIVE'))).toMatchObject({ revoked: true });
});

test('an ending does not count where another hand took the access away before', () => {
  expect(runWritten(granted('MISSING'))).toMatchObject({ revoked: false });
});

test('of two leaders that read the same run, one goes on', () => {
  const writes = nextCanaryStep(granted('LIVE'), settings, NOW_MS)?.writes ?? [];
  const [run] = writes.filter(({ table }) => table === 'control');
  expect(run?.onlyIf).toEqual([
    { attribute: 'request_id', is: 'canary-20260115T120000Z' },
    { attribute: 'revoked', absent: true },
    { attribute: 'over', absent: true },
  ]);
});
