// Compiles once for a run what its tests run as processes: plain Node starts it in a fraction of the time that a loader takes.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { BUILT, compile, FOLDER_VARIABLE, ROOT } from './built.ts';

/** What is started dozens of times: reading a thousand files of its packages takes half of a start. */
const STARTED_OFTEN = ['api/main.js', 'reconciler/main.js', 'cli/main.js'];

/** Some packages ask for others as CommonJS does. */
const WITH_REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export function setup(): () => void {
  const outDir = path.join(BUILT, String(process.pid));
  // The workers inherit it.
  process.env[FOLDER_VARIABLE] = outDir;
  // What the types say is for `npm run typecheck`.
  compile(ROOT, { config: 'tsconfig.e2e.json', outDir, flags: ['--noCheck'] });
  bundle(path.join(ROOT, outDir));
  return () => rmSync(path.join(ROOT, outDir), { recursive: true, force: true });
}

/** Each becomes one file, in its own place. */
function bundle(folder: string): void {
  buildSync({
    entryPoints: STARTED_OFTEN.map((file) => path.join(folder, file)),
    outdir: folder,
    outbase: folder,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: WITH_REQUIRE },
    logLevel: 'error',
  });
}
