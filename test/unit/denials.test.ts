// Rights on tables that are refused for a while: what still works, and what does not.

import { expect, test } from 'vitest';
import type { Write } from '../../src/store.ts';
import { createDenials } from '../simulation/denials.ts';

const WRITE: Write = { kind: 'delete', table: 'audit', key: {} };
const CHECK: Write = { kind: 'check', table: 'audit', key: {}, onlyIf: [] };
const OTHER: Write = { kind: 'delete', table: 'outbox', key: {} };

test('a table that cannot be written can be read and checked, and fails whole transactions', () => {
  const denials = createDenials();
  denials.deny('audit', 'write');
  denials.admitRead('audit');
  denials.admitWrites([CHECK, OTHER]);
  expect(() => denials.admitWrites([OTHER, WRITE])).toThrow('write audit');
  denials.allow('audit');
  denials.admitWrites([WRITE]);
});

test('of a table that is gone nothing is left, and the others are as they were', () => {
  const denials = createDenials();
  denials.deny('audit', 'all');
  expect(() => denials.admitRead('audit')).toThrow('read audit');
  expect(() => denials.admitWrites([CHECK])).toThrow('write audit');
  denials.admitWrites([OTHER]);
  denials.allowEverything();
  denials.admitRead('audit');
});
