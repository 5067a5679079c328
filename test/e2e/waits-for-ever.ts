// A test that never ends and has started a process: interrupted.test.ts runs it, and interrupts it.

import { spawn } from 'node:child_process';
import { test } from 'vitest';
import { endWithUs } from '../end-with-us.ts';

test('waits for ever', { timeout: 600_000 }, async () => {
  const started = endWithUs(spawn('sleep', ['600']));
  process.stdout.write(`\nworker ${process.pid} started ${started.pid}\n`);
  await new Promise(() => {});
});
