// The `jit` command: runs a part of the controller, one pass, or one signed call to the API. What a verb does not need is
// not loaded.

import { setImmediate } from 'node:timers/promises';
import { endOnSignals } from './end-on-signals.ts';
import { type Command, parseCommand } from './parse-command.ts';
import { usage } from './usage.ts';

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const parsed = parseCommand(args, env);
  if (parsed.ok) return run(parsed.command, env);
  process.stderr.write(`${parsed.problem}\n\n${usage()}\n`);
  process.exitCode = 2;
}

async function run(command: Command, env: NodeJS.ProcessEnv): Promise<void> {
  const listenNoMore = endOnSignals();
  if (command.kind === 'help') {
    process.stdout.write(`${usage()}\n`);
    return;
  }
  if (command.kind === 'call') {
    const { runCall } = await import('./run-call.ts');
    process.exitCode = await runCall(command.call, env);
    return;
  }
  const start = await loadPart(command);
  // The part listens before it waits for anything. Only then ours may go: without any, signals are lost.
  await Promise.all([start(env), afterSignals().then(listenNoMore)]);
}

/** A signal that came while something was loading is told when the event loop has turned once as a whole. */
async function afterSignals(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** Loading is most of what a start takes. */
async function loadPart(
  command: Extract<Command, { readonly kind: 'part' | 'once' }>,
): Promise<(env: NodeJS.ProcessEnv) => Promise<void>> {
  if (command.kind === 'once') {
    const { runOnce } = await import('./run-once.ts');
    return (env) => runOnce(env, command.withinMs);
  }
  if (command.part === 'api') return (await import('../api/run-api.ts')).runApi;
  if (command.part === 'reconciler') return (await import('../reconciler/run-reconciler.ts')).runReconciler;
  return (await import('./run-all.ts')).runAll;
}

await main(process.argv.slice(2), process.env);
