// A reconciler whose clock is five hours ahead, as a process, against what speaks AWS's protocols: it learns the time from the
// answers, ends nothing by its clock, and ends what people revoke.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clockAhead, hasFaketime } from '../faketime.ts';
import { needs } from '../needs.ts';
import { hasDynamoDbLocal } from '../test-tables.ts';
import { eventually } from './eventually.ts';
import { untilAll } from './settled.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

const AHEAD_SECONDS = 5 * 3_600;

const NEEDS = needs({ java: hasDynamoDbLocal(), faketime: hasFaketime });

describe('a reconciler five hours ahead', NEEDS, () => {
  let stage: WireStage;
  beforeAll(async () => {
    stage = await openWireStage();
  });
  afterAll(() => stage?.close());

  const shown = async ({ adminUrl }: ReconcilerProcess, series: RegExp): Promise<number> => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    return Number(series.exec(text)?.[1] ?? Number.NaN);
  };

  test('ends nothing of what it finds but what is revoked', async () => {
    const before = await stage.startReconciler();
    const wishes = BOUND_WISHES.slice(0, 4);
    const [revoked, ...others] = await Promise.all(wishes.map((wish) => askAndApprove(stage.caller, wish)));
    if (revoked === undefined) throw new Error('nothing was asked for');
    await untilAll(stage.caller, [revoked, ...others], { status: 'GRANTED' });
    await before.end('SIGTERM');

    const ahead = await stage.startReconciler({ env: clockAhead(AHEAD_SECONDS) });
    await eventually(
      'it to lead, since nobody else does',
      async () => (await ahead.isLeading()) || undefined,
      {
        withinMs: 60_000,
      },
    );
    await eventually(
      'ten passes to be completed',
      async () => {
        return (await shown(ahead, /^jit_passes_total\{outcome="ok"\} (.*)$/m)) >= 10 || undefined;
      },
      { withinMs: 60_000 },
    );
    await untilAll(stage.caller, [revoked, ...others], { status: 'GRANTED' });
    const offset = await shown(ahead, /^jit_clock_offset_seconds (.*)$/m);
    expect(Math.abs(offset - AHEAD_SECONDS)).toBeLessThan(5);
    expect(ahead.output()).toContain('nothing is ended by the clock');

    await stage.caller.revoke(revoked.id);
    await untilAll(stage.caller, [revoked], { status: 'REVOKED', assignment_status: 'GONE' });
    await untilAll(stage.caller, others, { status: 'GRANTED', assignment_status: 'LIVE' });
    const { body } = await stage.caller.ops('GET', '/status');
    expect(body.clock).toMatchObject({ wrong: true, says: expect.any(String) });
  });
});
