// Prometheus's own promtool, where it is installed.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Undefined on a machine without it. */
export const PROMTOOL = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/bin', '/usr/bin']
  .filter((folder) => folder !== '')
  .map((folder) => path.join(folder, 'promtool'))
  .find(existsSync);

/** What it printed; throws with all of it where it failed. */
export function promtool(...args: readonly string[]): string {
  try {
    return execFileSync(PROMTOOL ?? '', args, { encoding: 'utf8', stdio: 'pipe', timeout: 300_000 });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`promtool ${args[0]} ${args[1]} failed:\n${stdout ?? error}\n${stderr ?? ''}`);
  }
}
