// Everything a process does to the world or learns from it, named by the part of the loop it belongs to: what can go
// wrong goes wrong at an effect, and nowhere else.

import type { Query, Row, Table, Write } from '../../src/store.ts';

/** The parts of the loop, and the API. What a fault has hit is counted by these. */
export const Phases = [
  'lease',
  'listen',
  'find',
  'desired',
  'look',
  'list',
  'accounts',
  'claim',
  'call',
  'record',
  'adopt',
  'prove',
  'remember',
  'sweep',
  'judge',
  'publish',
  'deliver',
  'send',
  'api read',
  'api write',
] as const;
export type Phase = (typeof Phases)[number];

export type EffectKind = 'write' | 'read' | 'index' | 'ask' | 'call' | 'send';

export type Effect = {
  /** The process that does it; `api` for the API. */
  readonly by: string;
  readonly kind: EffectKind;
  readonly phase: Phase;
  /** For people who read a trace. */
  readonly what: string;
};

export type Read =
  | { readonly kind: 'get' | 'getMany'; readonly table: Table; readonly keys: readonly Row[] }
  | { readonly kind: 'query'; readonly table: Table; readonly query: Query }
  | { readonly kind: 'scan'; readonly table: Table; readonly index?: string };

/** Whether a read may answer from an earlier state. */
export function mayBeStale(read: Read): boolean {
  return read.kind === 'scan' || (read.kind === 'query' && read.query.consistent !== true);
}

export function phaseOfRead(read: Read): Phase {
  if (read.kind === 'get' && read.table === 'control') {
    const name = String(read.keys[0]?.name);
    if (name === 'leader') return 'lease';
    if (name === 'nudges') return 'listen';
    if (name === 'brake') return 'judge';
    return name.startsWith('principal#') ? 'desired' : 'publish';
  }
  if (read.table === 'outbox') return 'deliver';
  if (mayBeStale(read)) return read.table === 'assignments' && isSweeping(read) ? 'sweep' : 'find';
  return 'desired';
}

function isSweeping(read: Read): boolean {
  return read.kind === 'scan' || (read.kind === 'query' && read.query.index === 'gsi_pair');
}

export function phaseOfWrites(writes: readonly Write[]): Phase {
  const names = writes.filter(({ table }) => table === 'control').map(nameOf);
  if (names.includes('leader')) return 'lease';
  const ledger = writes.find(({ table }) => table === 'assignments');
  if (ledger !== undefined && isClaim(ledger)) return 'claim';
  if (names.includes('brake') || names.some((name) => name.startsWith('withheld'))) return 'judge';
  if (writes.some(({ table, kind }) => table === 'outbox' && kind === 'put')) return 'prove';
  if (writes.some(({ table }) => table === 'outbox')) return 'deliver';
  if (writes.some(({ table }) => table === 'requests')) return 'adopt';
  if (ledger !== undefined) return isAnswer(ledger) ? 'record' : 'remember';
  return names.some((name) => name.startsWith('sweep')) ? 'sweep' : 'publish';
}

function nameOf(write: Write): string {
  return String(write.kind === 'put' ? write.row.name : write.key.name);
}

function rowOf(write: Write): Row {
  return write.kind === 'put' ? write.row : {};
}

/** Written before AWS is called: an operation without an answer. */
function isClaim(write: Write): boolean {
  const { stage, op, last_error } = rowOf(write);
  if (stage !== 'CREATING' && stage !== 'DELETING') return false;
  return last_error === undefined && op !== undefined && Reflect.get(Object(op), 'id') === undefined;
}

/** What AWS answered to a call. */
function isAnswer(write: Write): boolean {
  const { stage, op, last_error } = rowOf(write);
  if (stage !== 'CREATING' && stage !== 'DELETING') return false;
  return last_error !== undefined || Reflect.get(Object(op), 'id') !== undefined;
}

export function phaseOfOperation(operation: string): Phase {
  if (operation.startsWith('Create') || operation.startsWith('Delete')) return 'call';
  if (operation === 'ListAccountAssignments') return 'list';
  // What became of operations, of one or of all.
  if (operation.endsWith('Status')) return 'look';
  return operation.startsWith('List') ? 'accounts' : 'look';
}
