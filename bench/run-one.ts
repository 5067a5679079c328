// One benchmark in a process of its own, so that its memory and its machine code are its own.
// Usage: run-one.ts NAME FOLDER

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Benches } from './benches.ts';
import { drawCurve } from './draw-curve.ts';
import { printTable } from './print-result.ts';

const [name = '', folder = ''] = process.argv.slice(2);
const load = Benches[name];
if (load === undefined)
  throw new Error(`there is no benchmark ${name}: expected one of ${Object.keys(Benches).join(', ')}`);
const bench = await load();
const startedMs = performance.now();
const say = (line: string) =>
  process.stdout.write(
    `${name} ${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}\n`,
  );
const result = await bench(say);
await mkdir(folder, { recursive: true });
for (const curve of result.curves ?? [])
  await writeFile(path.join(folder, `${name}-${curve.name}.svg`), drawCurve(curve));
await writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
for (const table of result.tables ?? []) process.stdout.write(`\n${printTable(table)}\n`);
for (const note of result.notes ?? []) process.stdout.write(`\n${note}\n`);
