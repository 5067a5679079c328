// Keeps the stand-in's state in a file between runs. A reader finds the old state or the new one, never a part.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Written beside the file and renamed over it. Synchronous: it must be done before the reply of the change is sent,
 * so that a process killed afterwards has lost nothing it acknowledged.
 */
export function writeSnapshotFile(path: string, snapshot: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(snapshot), { mode: 0o600 });
  renameSync(temporary, path);
}

/** Undefined if there is no file yet; throws for one that cannot be read as JSON. */
export function readSnapshotFile(path: string): unknown {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read ${path}: expected the JSON of a snapshot`, { cause: error });
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
