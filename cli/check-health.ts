// Whether the part that runs in this container is alive: exit code 0, else 1 with the reason. For a health check without
// a shell; it loads nothing but Node's own HTTP.

import { get } from 'node:http';

const TIMEOUT_MS = 2_500;
const { ADMIN_HOST: host = '', ADMIN_PORT: port = '' } = process.env;

/** Where a part that listens on every address is reached from within. */
const LOOPBACK: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

function unhealthy(why: string): void {
  process.stderr.write(`not healthy: ${why}\n`);
  process.exitCode = 1;
}

const asked = get({ host: LOOPBACK[host] ?? host, port: port || '9090', path: '/healthz' }, (answer) => {
  // The status says it all: a body without an end is nothing to wait for.
  answer.destroy();
  if (answer.statusCode !== 200) unhealthy(`/healthz answered ${answer.statusCode}`);
});
asked.setTimeout(TIMEOUT_MS, () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
asked.on('error', (error) => unhealthy(error.message));
