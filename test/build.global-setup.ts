// Compiles once for a run what its tests run as processes: plain Node starts it in a fraction of the time that a loader takes.

import { rmSync } from 'node:fs';
import path from 'node:path';
import { BUILT, compile, FOLDER_VARIABLE, ROOT } from './built.ts';

export function setup(): () => void {
  const outDir = path.join(BUILT, String(process.pid));
  // The workers inherit it.
  process.env[FOLDER_VARIABLE] = outDir;
  // What the types say is for `npm run typecheck`.
  compile(ROOT, { config: 'tsconfig.e2e.json', outDir, flags: ['--noCheck'] });
  return () => rmSync(path.join(ROOT, outDir), { recursive: true, force: true });
}
