// What could not be written is left for later, longer each time, and every step for itself.

import { expect, it } from 'vitest';
import { createPutOff } from '../../reconciler/put-off.ts';

const ID = 'an assignment';

function started() {
  let elapsedMs = 0;
  const putOff = createPutOff({ clock: { elapsedMs: () => elapsedMs }, random: () => 0.5 });
  const failed = (step: string, why = 'denied') => putOff.failed(ID, step, why);
  return {
    putOff,
    failed,
    steps: () => [...putOff.steps(ID)],
    pass(ms: number) {
      elapsedMs += ms;
    },
  };
}

it('a step that failed is put off under its cause, and tried again after its back-off', () => {
  const { putOff, failed, steps, pass } = started();
  expect(steps()).toEqual([]);
  failed('typed-ending#a');
  expect(steps()).toEqual(['typed-ending#a']);
  expect(putOff.why(ID, 'typed-ending#a')).toBe('denied');
  expect(putOff.why(ID, 'typed-ending#b')).toBeUndefined();
  pass(499);
  expect(steps()).toEqual(['typed-ending#a']);
  pass(1);
  expect(steps()).toEqual([]);
});

it('a step that fails again waits for longer, and never for longer than the ceiling', () => {
  const { failed, steps, pass } = started();
  const waits: number[] = [];
  for (let tries = 0; tries < 10; tries += 1) {
    failed('typed-ending#a');
    let waited = 0;
    for (; steps().length > 0; waited += 500) pass(500);
    waits.push(waited);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

it('a step that was written is forgotten with its failures, and the others are not', () => {
  const { putOff, failed, steps, pass } = started();
  failed('typed-ending#a');
  failed('typed-ending#a');
  failed('user-revoked#b');
  putOff.written(ID, 'typed-ending#a');
  expect(steps()).toEqual(['user-revoked#b']);
  failed('typed-ending#a');
  pass(500);
  expect(steps()).toEqual([]);
});

it('steps of another assignment are others', () => {
  const { putOff, failed } = started();
  failed('typed-ending#a');
  expect([...putOff.steps('another')]).toEqual([]);
});

it('a step that is not planned any more is forgotten', () => {
  const { putOff, failed, pass, steps } = started();
  failed('typed-ending#a');
  pass(11 * 60_000);
  steps();
  expect(putOff.why(ID, 'typed-ending#a')).toBeUndefined();
});
