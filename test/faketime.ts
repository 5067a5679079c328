// A process whose clock is off: Debian's libfaketime, loaded before anything else.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

// The folder below is named after the machine.
const LIBRARIES = '/usr/lib';
const LIBRARY = (existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [])
  .map((machine) => path.join(LIBRARIES, machine, 'faketime', 'libfaketimeMT.so.1'))
  .find((library) => existsSync(library));

export const hasFaketime = LIBRARY !== undefined;

/** For the environment of a process: its wall clock is so many seconds ahead, its monotonic clock is as it is. */
export function clockAhead(seconds: number): Readonly<Record<string, string>> {
  if (LIBRARY === undefined) throw new Error('libfaketime is not there: apt-get install -y faketime');
  return { LD_PRELOAD: LIBRARY, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}
