// The API as a process of its own: reads the configuration, listens, and stops gracefully.

import closeWithGrace from 'close-with-grace';
import { logOutput } from '../src/aws/log-output.ts';
import { openCloudWatch } from '../src/aws/open-cloudwatch.ts';
import { systemClock } from '../src/aws/system-clock.ts';
import { describeConfig, type Environment, parseApiConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { CloudWatchMetricsOfApi, createMetrics } from '../src/metrics.ts';
import { createAdminApp } from './admin-app.ts';
import { type Listening, listen } from './listen.ts';
import { type RunningApi, startApi } from './start-api.ts';

// Longer than a revoke waits for its proof.
const CLOSE_TIMEOUT_MS = 15_000;

/** Resolves when it answers. The process ends by a signal, or with exit code 1 where it must not start. */
export async function runApi(env: Environment): Promise<void> {
  const parsed = parseApiConfig(env);
  if (!parsed.ok) {
    process.stderr.write(`${parsed.problems.map((problem) => `${problem}\n`).join('')}`);
    process.exitCode = 1;
    return;
  }
  const { config } = parsed;
  const log = createLog({ level: config.logLevel, destination: logOutput(), clock: systemClock });
  const metrics = createMetrics();
  const cloudWatch = openCloudWatch(config, {
    ...{ registry: metrics.registry, names: CloudWatchMetricsOfApi, clock: systemClock, log },
  });
  let api: RunningApi | undefined;
  let admin: Listening | undefined;
  // Before anything is waited for: as process 1 it would not even hear a signal that nobody listens for.
  closeWithGrace({ delay: CLOSE_TIMEOUT_MS, logger: false }, async ({ err, signal }) => {
    if (err !== undefined) log.error('the process stops after an error', { error: err });
    else log.info('the process stops', { signal });
    await Promise.all([api?.stop(), admin?.close()]);
    // What the last calls counted goes too.
    await cloudWatch?.stop();
  });
  try {
    api = await startApi(config, { log, metrics });
    const { isReady } = api;
    admin = await listen(createAdminApp({ isReady, registry: metrics.registry }), config.admin);
    cloudWatch?.start();
    log.info('the API listens', { config: describeConfig(config) });
  } catch (error) {
    log.error('the process does not start', { error });
    process.exit(1);
  }
}
