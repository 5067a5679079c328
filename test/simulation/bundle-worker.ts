// The worker as one file of plain JavaScript: a loader that translates each source keeps the name of every function that
// is made, and the simulation makes millions; a history took half as long again.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { BUILT, ROOT } from '../built.ts';

const SOURCE = path.join(ROOT, 'test/simulation/worker.ts');

/** Several runs of one process may go on at once. */
let bundled = 0;

export type BundledWorker = { readonly file: string; remove(): void };

/** Throws with what the compiler says where it finds a mistake. */
export function bundleWorker(): BundledWorker {
  const file = path.join(ROOT, BUILT, `worker-${process.pid}-${bundled++}.mjs`);
  buildSync({
    entryPoints: [SOURCE],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    // What is read by the place of a source is read from there.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(SOURCE).href) },
  });
  return { file, remove: () => rmSync(file, { force: true }) };
}
