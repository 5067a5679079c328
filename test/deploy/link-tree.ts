// A folder again at another place, with the same files: nothing is copied where a hard link will do.

import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

/** Of a file or a folder, with what is in it. Who writes to a file afterwards writes to both. */
export function linkTree(from: string, to: string): void {
  const found = lstatSync(from);
  if (found.isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) linkTree(path.join(from, name), path.join(to, name));
  } else if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else linkFile(from, to);
}

function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // It may lie on another disk, or belong to somebody else: no hard link leads there. What is wrong besides, the copy says.
    copyFileSync(from, to);
  }
}
