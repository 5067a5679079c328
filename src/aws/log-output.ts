// Where the log of a process goes: standard output. A log that cannot be written (its disk is full, its reader is gone)
// must not end the process: access would outlive its end, and a restart would fail at its first line again. What was
// decided and done stands in the tables, so only lines are lost, and standard error says so once each time.

import type { LogDestination } from '../log.ts';

export type TextStream = {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
};

/** Never throws, and leaves no error of either stream to nobody. */
export function logOutput({
  stdout,
  stderr,
}: {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
} = process): LogDestination {
  let lost = 0;
  const count = (error?: Error | null): void => {
    if (error) {
      lost += 1;
      if (lost === 1) stderr.write(`the log cannot be written, lines are lost: ${error.message}\n`);
    } else if (lost > 0) {
      stderr.write(`the log is written again, ${lost} lines were lost\n`);
      lost = 0;
    }
  };
  // `count` has been told already; without a listener the error would end the process.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return { write: (line) => void stdout.write(line, count) };
}
