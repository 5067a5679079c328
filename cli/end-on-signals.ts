// Ends this process at a signal, while nothing else listens for one. As process 1 of a container it would otherwise not
// even notice: the kernel has no default action for that process.

import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The exit code that shells give to what a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Until what it returns is called. */
export function endOnSignals(): () => void {
  const end = (signal: NodeJS.Signals) => process.exit(exitCodeOf(signal));
  for (const signal of SIGNALS) process.once(signal, end);
  return () => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
}
