// Does to the simulated world what lasts, and what a hand types anywhere.

import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { sizeBytes } from '../model-row.ts';
import { ADMIN, DEV, READ_ONLY, STAGING } from '../world.ts';
import type { Deed } from './act.ts';
import type { Memory } from './perform-act.ts';
import type { Simulation } from './simulated-world.ts';
import type { Tool } from './troubles.ts';
import { placeIn, typedRow, valueAt } from './typed-row.ts';

const ACCOUNTS = [DEV, STAGING] as const;
const SETS = [ADMIN, READ_ONLY] as const;
const ROW_MAX_BYTES = 400 * 1024;
/** What filling a row adds besides the filling itself. */
const PADDING = 'padding';

type DeedOf<Kind extends Deed['kind']> = Extract<Deed, { kind: Kind }>;

/** What a hand makes of a settled request is history's own business. */
function typable(rows: readonly Row[], table: Table): readonly Row[] {
  return table === 'requests' ? rows.filter((row) => row.due_at !== undefined) : rows;
}

export function lie(simulation: Simulation, memory: Memory, deed: DeedOf<'lie'>): void {
  const { world, trace } = simulation;
  const all = world.store.dump(deed.table);
  const rows = typable(all, deed.table);
  const row = rows[deed.row % Math.max(1, rows.length)];
  const place = row === undefined ? null : placeIn(deed.table, all, row, deed);
  if (row === undefined || place === null) return;
  const others = all.filter((other) => other !== row);
  const next = typedRow(row, place, deed.lie, others, world.clock.nowMs());
  trace(
    `   ${nameOf(deed.table, row)} ${place.join('.')}: ${shown(valueAt(row, place))} becomes ${shown(valueAt(next, place))}`,
  );
  typeInto(simulation, memory, { table: deed.table, row: next, attribute: String(place[0]) });
}

/** A row that nothing can be added to, except what makes it smaller. */
export function fill(simulation: Simulation, memory: Memory, deed: DeedOf<'fill'>): void {
  const rows = typable(simulation.world.store.dump(deed.table), deed.table);
  const found = rows[deed.row % Math.max(1, rows.length)];
  if (found === undefined) return;
  const { [PADDING]: _, ...row } = found;
  const room = ROW_MAX_BYTES - deed.leftBytes - sizeBytes({ ...row, [PADDING]: '' });
  simulation.trace(`   ${nameOf(deed.table, row)} is filled`);
  if (deed.table === 'requests') memory.full.add(String(row.request_id));
  typeInto(simulation, memory, {
    table: deed.table,
    row: { ...row, [PADDING]: 'x'.repeat(Math.max(0, room)) },
    attribute: PADDING,
  });
}

/** Somebody makes room in the rows that were filled. */
export function emptyFilledRows({ world, troubles }: Simulation): void {
  for (const table of ['requests', 'assignments', 'control', 'outbox'] as const)
    for (const { [PADDING]: padding, ...row } of world.store.dump(table)) {
      if (padding === undefined) continue;
      world.store.load(table, [row]);
      troubles.typed({ writes: [{ kind: 'put', table, row }] });
    }
}

/** What hands may make of the world in a request's row without its audit knowing. */
const UNACCOUNTABLE: readonly string[] = ['audited_status', 'audit_seq'];

function typeInto(
  { world, troubles, faults, tell }: Simulation,
  memory: Memory,
  { table, row, attribute }: { readonly table: Table; readonly row: Row; readonly attribute: string },
): void {
  // What DynamoDB refuses, such as a number for a key of an index, stays as it is.
  try {
    world.store.load(table, [row]);
  } catch {
    return;
  }
  faults.changed();
  troubles.typed({ writes: [{ kind: 'put', table, row }] });
  if (table === 'requests' && UNACCOUNTABLE.includes(attribute)) memory.spoiled.add(String(row.request_id));
  if (table === 'audit') memory.spoiled.add(String(row.request_id));
  if (table === 'assignments') tell('tampered', 'ledger');
  if (table === 'control' && row.name === 'leader') tell('tampered', 'lease');
  if (table === 'control' && row.name === 'brake') tell('tampered', 'brake');
  if (table === 'control' && row.name === 'nudges') memory.nudgesLost = true;
}

export function denyRight(simulation: Simulation, _memory: Memory, deed: DeedOf<'deny-right'>): void {
  const { denials } = simulation.troubles;
  for (const table of deed.tables) denials.deny(table, deed.right);
  over(simulation, deed.seconds, () => {
    for (const table of deed.tables) denials.allow(table);
  });
}

export function blind(
  simulation: Simulation,
  _memory: Memory,
  { account, set, seconds }: DeedOf<'blind'>,
): void {
  const emptyLists = {
    ...(account === null ? {} : { accountId: ACCOUNTS[account % ACCOUNTS.length] ?? DEV }),
    ...(set === null ? {} : { permissionSetArn: SETS[set % SETS.length] ?? ADMIN }),
  };
  const { world, troubles } = simulation;
  troubles.blindness = emptyLists;
  world.model.changeSettings({ emptyLists });
  over(simulation, seconds, () => {
    if (troubles.blindness === emptyLists) see(simulation);
  });
}

/** Lists show what is there again. */
export function see({ world, troubles }: Simulation): void {
  troubles.blindness = undefined;
  world.model.changeSettings({ emptyLists: null });
}

export function clockJump(
  simulation: Simulation,
  _memory: Memory,
  { process, byMs, seconds }: DeedOf<'clock-jump'>,
): void {
  const machines = [...simulation.running.keys(), 'api'].map(String);
  const machine = machines[process % machines.length] ?? 'api';
  const { troubles } = simulation;
  troubles.jump(machine, byMs);
  over(simulation, seconds, () => {
    if (troubles.jumpMs(machine) === byMs) troubles.jump(machine, 0);
  });
}

export function tool(
  simulation: Simulation,
  _memory: Memory,
  { row, wants, delaySeconds, seconds }: DeedOf<'tool'>,
): void {
  const rows = simulation.world.store.dump('assignments');
  const found = rows[row % Math.max(1, rows.length)];
  if (found === undefined) return;
  const added: Tool = {
    assignmentId: String(found.assignment_id),
    wants,
    delayMs: delaySeconds * 1_000,
  };
  simulation.troubles.tools.add(added);
  over(simulation, seconds, () => simulation.troubles.tools.delete(added));
}

function over({ world, faults }: Simulation, seconds: number | null, end: () => void): void {
  faults.changed();
  if (seconds === null) return;
  void world.clock.sleep(seconds * 1_000).then(() => {
    end();
    faults.changed();
  });
}

function nameOf(table: Table, row: Row): string {
  const { partition, sort } = TableDefinitions[table];
  return `${table} ${String(row[partition])}${sort === undefined ? '' : ` ${String(row[sort])}`}`;
}

function shown(value: unknown): string {
  const text = value instanceof Set ? `Set ${JSON.stringify([...value])}` : JSON.stringify(value);
  return (text ?? 'nothing').slice(0, 120);
}
