// The shell function in our runbook signs as the API checks: what a person pastes at night must simply work.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { signRequest } from '../../src/signature.ts';
import { isOnPath, needs } from '../needs.ts';

const RUNBOOK = fileURLToPath(new URL('../../deploy/runbooks/break-glass-revoke.md', import.meta.url));
const run = promisify(execFile);

/** The fenced block that defines `sign`. */
async function signFunction(): Promise<string> {
  const blocks = (await readFile(RUNBOOK, 'utf8'))
    .split('```bash\n')
    .map((block) => block.split('```')[0] ?? '');
  return blocks.find((block) => block.startsWith('sign()')) ?? '';
}

const needed = needs({ openssl: isOnPath('openssl') });

test(
  'sign() of the runbook makes an event that carries a good signature over its exact body',
  needed,
  async () => {
    const body =
      '{"actor_mm_user_id":"admin","actor_email":"admin@company.com","note":"back\\\\slash \\"quoted\\""}';
    const path = '/requests/a1b2c3d4-e5f6-7890-abcd-ef1234567890/revoke';
    const script = `${await signFunction()}\nsign POST ${path} "$BODY"`;
    const env = { PATH: process.env.PATH, KEY_ID: 'local-plugin', SECRET: 'local-plugin-secret', BODY: body };
    const { stdout } = await run('bash', ['-c', script], { env });
    const event = JSON.parse(stdout);
    expect(event.body).toBe(body);
    expect(event.requestContext).toEqual({ http: { method: 'POST', path } });
    const {
      'X-JIT-Timestamp': timestamp,
      'X-JIT-Nonce': nonce,
      'X-JIT-Signature': signature,
    } = event.headers;
    expect(signature).toBe(
      signRequest({ secret: 'local-plugin-secret', timestamp, nonce, method: 'POST', path, body }),
    );
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
  },
);
