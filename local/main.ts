// `npm start`: everything embedded, on this machine alone. It reads the environment, checks what is needed before it
// starts anything, prints what people in the channel would see, and ends everything with itself.

import closeWithGrace from 'close-with-grace';
import { systemClock } from '../src/aws/system-clock.ts';
import { createLog } from '../src/log.ts';
import { checkJava } from './check-java.ts';
import { describePortProblems } from './check-ports.ts';
import { isolateFromAws } from './isolate-from-aws.ts';
import { type LocalConfig, type ParsedLocalConfig, parseLocalConfig, portsOf } from './local-config.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { whatToTry } from './what-to-try.ts';

// The parts have less each, and together: this only ends what none of them foresaw.
const STOP_WITHIN_MS = 10_000;

async function main(): Promise<void> {
  isolateFromAws(process.env);
  const parsed = parseLocalConfig(process.env);
  const problems = await problemsOf(parsed);
  if (!parsed.ok || problems.length > 0) return fail(problems.join('\n'));
  const { config } = parsed;
  print('starting DynamoDB Local, the stand-ins for Identity Center and the plugin, the loop and the API …');
  if (config.dataDir !== undefined) {
    print(`data is kept in ${config.dataDir}; after a kill the lease of the last run has to run down first`);
  }
  const stopping = new AbortController();
  const starting = start(config, stopping.signal);
  const closing = closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err }) => {
    if (err !== undefined) process.stderr.write(`stopping after an error: ${explain(err)}\n`);
    stopping.abort();
    const stack = await starting.catch(() => undefined);
    await stack?.stop();
    print('stopped');
  });
  try {
    const { urls } = await starting;
    const { reconcileMode: mode } = config.app;
    print(`ready\n\n${whatToTry({ ...config, urls, mode })}\n`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    closing.uninstall();
    fail(`local mode did not start: ${explain(error)}`);
  }
}

/** Everything at once, so that nobody mends a machine one start at a time. */
async function problemsOf(parsed: ParsedLocalConfig): Promise<string[]> {
  const java = checkJava().then(
    () => [],
    (error: unknown) => [explain(error)],
  );
  if (!parsed.ok) return [...parsed.problems, ...(await java)];
  return [...(await java), ...(await describePortProblems(portsOf(parsed.config)))];
}

function start(config: LocalConfig, signal: AbortSignal): Promise<LocalStack> {
  const { logLevel: level } = config.app;
  return startLocalStack({
    config,
    signal,
    clock: systemClock,
    log: createLog({ level, destination: process.stderr, clock: systemClock }),
    onMessage: print,
    onFailure: (why) => {
      throw new Error(why);
    },
  });
}

function fail(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${explain(error.cause)})`;
}

await main();
