// Runs the benchmarks one after the other and says how they stand against their goals.
// Usage: npm run bench [-- NAME …] [--out FOLDER]

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchResult, isMet } from './bench.ts';
import { Benches } from './benches.ts';
import { printTable, summaryTable } from './print-result.ts';

const RUN_ONE = path.join(import.meta.dirname, 'run-one.ts');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(): { readonly names: readonly string[]; readonly folder: string } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string', default: path.join(import.meta.dirname, 'results') } },
  });
  const unknown = positionals.filter((name) => !(name in Benches));
  if (unknown.length > 0)
    throw new Error(
      `there is no benchmark ${unknown.join(', ')}: expected ${Object.keys(Benches).join(', ')}`,
    );
  return {
    names: positionals.length > 0 ? positionals : Object.keys(Benches),
    folder: path.resolve(values.out),
  };
}

async function runOne(name: string, folder: string): Promise<BenchResult> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', RUN_ONE, name, folder], {
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`the benchmark ${name} failed`);
  return JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8')) as BenchResult;
}

const { names, folder } = readOptions();
const results = new Map<string, BenchResult>();
for (const name of names) {
  say(`\n== ${name}`);
  results.set(name, await runOne(name, folder));
}
say(`\n${printTable(summaryTable(results))}`);
const missed = [...results.values()].flatMap(({ measures }) =>
  measures.filter((measure) => isMet(measure) === false),
);
say(missed.length === 0 ? '\nall goals are met' : `\n${missed.length} goals are missed`);
process.exitCode = missed.length > 0 ? 1 : 0;
