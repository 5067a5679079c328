// Weaknesses in mending a ledger row that a hand has spoilt.

import type { Mutant } from './mutant.ts';

const mend = 'src/mend-ledger.ts';

export const MendMutants: readonly Mutant[] = [
  {
    name: 'spoilt-rows-stay',
    file: 'reconciler/read-desired.ts',
    find: 'return { unreadable: ledger.malformed, mend: { salvaged, audited: said.value?.audited ?? new Map() } };',
    replace: 'return { unreadable: ledger.malformed };',
    breaks: 'S4, L2: one mistyped attribute keeps access past its end and every revoke',
  },
  {
    name: 'spoilt-entries-are-forgotten',
    file: mend,
    find: 'entries: { ...Object.fromEntries(audited), ...known }',
    replace: 'entries: { ...known }',
    breaks: 'S1: access that a request wants goes with the request whose entry can be read',
  },
  {
    name: 'a-spoilt-entry-takes-the-others-along',
    file: mend,
    find: 'filter(([id]) => !lost.has(id))',
    replace: 'filter(() => lost.size === 0)',
    breaks: 'S1: the entries that can be read are lost with the one that cannot',
  },
  {
    name: 'mends-over-everything',
    file: mend,
    find: "return [asItLies('version', version)];",
    replace: 'return [];',
    breaks: 'S1: an approval that came since the row was read is dropped',
  },
  {
    name: 'mends-without-a-word',
    file: mend,
    find: 'writes: [ledgerWrite(ledger, next, stored), mendEvent(ledger, why, nowMs)],',
    replace: 'writes: [ledgerWrite(ledger, next, stored)],',
    breaks: 'T2: nothing says that a hand was at the row',
  },
  {
    name: 'a-mended-row-sleeps',
    file: mend,
    find: 'due_at: nowMs, entries',
    replace: 'due_at: undefined, entries',
    breaks: 'L1: what was under way is never looked at again',
  },
  {
    name: 'spoilt-rows-are-not-looked-for',
    file: 'reconciler/read-pair.ts',
    find: ', ...spoilt];',
    replace: '];',
    breaks: 'T3: a row that is not due stays spoilt until its end',
  },
];
