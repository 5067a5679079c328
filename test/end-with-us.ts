// What the tests start must not outlive them, however they end: also by Ctrl-C in the middle, or by `kill -9`.

import { type ChildProcess, spawn } from 'node:child_process';

// It reads which processes run and which have ended. When this process ends in any way the kernel closes the pipe: then
// it ends what still runs, also what stands still. A session of its own, so that Ctrl-C does not end it before us.
const WATCH = `
running=
while read -r verb pid; do
  case $verb in
    began) running="$running $pid" ;;
    ended) kept=; for each in $running; do [ "$each" = "$pid" ] || kept="$kept $each"; done; running=$kept ;;
  esac
done
for pid in $running; do kill -s KILL -- "$pid"; done 2>/dev/null
`;

let watcher: ChildProcess | undefined;

/** Ends `child` with this process. A process that leads a group of its own (`detached`) is ended with its group. */
export function endWithUs<Child extends ChildProcess>(
  child: Child,
  options: { readonly group?: boolean } = {},
): Child {
  if (child.pid === undefined) return child;
  const target = options.group === true ? -child.pid : child.pid;
  tell(`began ${target}`);
  child.once('exit', () => {
    if (!isLeft(target)) tell(`ended ${target}`);
  });
  return child;
}

/** Of a group others may be left when the one that led it has ended. */
function isLeft(target: number): boolean {
  try {
    return target < 0 && process.kill(target, 0);
  } catch {
    return false;
  }
}

function tell(line: string): void {
  watcher ??= startWatcher();
  watcher.stdin?.write(`${line}\n`);
}

function startWatcher(): ChildProcess {
  const started = spawn('/bin/sh', ['-c', WATCH], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  started.stdin.on('error', () => {
    // It is gone with us.
  });
  started.unref();
  // A pipe of a child is a socket, which would keep this process waiting.
  (started.stdin as unknown as { unref(): void }).unref();
  return started;
}
