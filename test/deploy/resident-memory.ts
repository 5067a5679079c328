// What the operating system says that a process takes. Linux only.

import { readFileSync } from 'node:fs';

export type Taken = {
  readonly residentMiB: number;
  /** The most that it ever had. */
  readonly peakMiB: number;
  readonly processorMs: number;
};

// What `getconf CLK_TCK` says on every Linux that Node runs on.
const MS_PER_TICK = 10;
/** Of the fields after the name: user time, then system time. */
const USER_TIME_FIELD = 11;

export function takenBy(pid: number): Taken {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
  const [user = 0, system = 0] = afterName.split(' ').slice(USER_TIME_FIELD).map(Number);
  return {
    residentMiB: mebibytes('VmRSS'),
    peakMiB: mebibytes('VmHWM'),
    processorMs: (user + system) * MS_PER_TICK,
  };
}
