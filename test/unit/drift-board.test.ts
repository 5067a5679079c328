// What is known of every difference: a look knows more than the rows, and stands for a while.

import { expect, it } from 'vitest';
import { createDriftBoard } from '../../reconciler/drift-board.ts';
import { unreadableDrift } from '../../src/drift-of.ts';
import { ASSIGNMENT, MINUTE, NOW } from '../plan-builders.ts';

const item = (detail: string) => ({ ...unreadableDrift(ASSIGNMENT, 'because', NOW), detail });
const ID = item('').assignment_id;

function started() {
  let elapsedMs = 0;
  const board = createDriftBoard({ elapsedMs: () => elapsedMs });
  return {
    board,
    shown: () => board.items().map(({ detail }) => detail),
    rowsSay: (...details: readonly string[]) =>
      board.reckon(details.length === 0 ? new Map() : new Map([[ID, details.map(item)]])),
    pass(ms: number) {
      elapsedMs += ms;
    },
  };
}

it('shows what the rows say of what was not looked at', () => {
  const { board, shown, rowsSay } = started();
  rowsSay('by the rows');
  expect(shown()).toEqual(['by the rows']);
  rowsSay();
  expect(shown()).toEqual([]);
  board.putForeign([item('foreign')]);
  expect(shown()).toEqual(['foreign']);
});

it('believes a look rather than the rows, also one that found nothing', () => {
  const { board, shown, rowsSay } = started();
  rowsSay('by the rows');
  board.put(ID, [item('by a look')]);
  expect(shown()).toEqual(['by a look']);
  board.put(ID, []);
  expect(shown()).toEqual([]);
  board.put('another', [item('of another')]);
  expect(shown()).toEqual(['of another']);
});

it('believes the rows again where no look was taken for two minutes: the runs may hang', () => {
  const { board, shown, rowsSay, pass } = started();
  board.put(ID, [item('by a look')]);
  rowsSay('by the rows');
  pass(2 * MINUTE - 1);
  rowsSay('by the rows');
  expect(shown()).toEqual(['by a look']);
  pass(1);
  rowsSay('by the rows');
  expect(shown()).toEqual(['by the rows']);
});

it('forgets what was looked at long ago and is in no row any more', () => {
  const { board, shown, rowsSay, pass } = started();
  board.put(ID, [item('by a look')]);
  pass(2 * MINUTE);
  rowsSay();
  expect(shown()).toEqual([]);
});

it('shows a look that came to nothing until one succeeds, whatever the rows say', () => {
  const { board, shown, rowsSay, pass } = started();
  board.putFailure(item('failed'));
  pass(MINUTE);
  rowsSay();
  expect(shown()).toEqual(['failed']);
  board.put(ID, []);
  expect(shown()).toEqual([]);
});

it('lets a look that came to nothing once, and is not due again, be told by its rows', () => {
  const { board, shown, rowsSay, pass } = started();
  board.putFailure(item('failed'));
  pass(3 * MINUTE);
  expect(shown()).toEqual(['failed']);
  rowsSay();
  expect(shown()).toEqual([]);
});

it('knows nothing once its lease is over', () => {
  const { board, shown, rowsSay } = started();
  rowsSay('by the rows');
  board.put('another', [item('by a look')]);
  board.putFailure(item('failed'));
  board.clear();
  expect(shown()).toEqual([]);
});
