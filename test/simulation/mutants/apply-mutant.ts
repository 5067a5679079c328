// A folder of its own for one broken version of the source, so that nothing here is ever changed.

import { rmSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Mutant } from './mutant.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What a mutant may change, and what must find it beside itself. Everything else is only read, and linked. */
const COPIED = ['src', 'reconciler', 'api', 'local', 'test', 'package.json', 'vitest.config.ts'];
const LEFT_OUT = ['.git', 'dist'];

// It says that every mutant still fits the source: in the folder of a mutant that is no longer so.
const OWN_TEST = path.join(ROOT, 'test/unit/mutants.test.ts');

export type MutantFolder = { readonly folder: string; remove(): Promise<void> };

/** The source with one replacement, or as it is. Throws where the text to replace does not occur exactly once. */
export async function applyMutant(mutant?: Mutant): Promise<MutantFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mutant-'));
  const removeAtOnce = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeAtOnce);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeAtOnce);
  };
  try {
    await copySource(folder);
    if (mutant !== undefined) await mutate(path.join(folder, mutant.file), mutant);
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function copySource(folder: string): Promise<void> {
  for (const name of await readdir(ROOT)) {
    if (LEFT_OUT.includes(name)) continue;
    const [from, to] = [path.join(ROOT, name), path.join(folder, name)];
    const isCopied = COPIED.includes(name) || name.startsWith('tsconfig');
    if (isCopied) await cp(from, to, { recursive: true, filter: (source) => source !== OWN_TEST });
    else await symlink(from, to);
  }
}

async function mutate(file: string, { name, find, replace }: Mutant): Promise<void> {
  const parts = (await readFile(file, 'utf8')).split(find);
  if (parts.length !== 2)
    throw new Error(`${name}: its text occurs ${parts.length - 1} times in ${file}, expected once`);
  await writeFile(file, parts.join(replace));
}
