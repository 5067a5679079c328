// The two doors of the stand-in, opened alike, so that one test can be put to both: the in-process clients, and the
// real SDK over HTTP.

import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { DEMO_ORGANISATION } from '../../local/identity-center/demo-organisation.ts';
import { startIdentityCenterServer } from '../../local/identity-center/http-server.ts';
import { createInProcessClients } from '../../local/identity-center/in-process-client.ts';
import { createIdentityCenterModel, type IdentityCenterModel } from '../../local/identity-center/model.ts';
import type { Settings } from '../../local/identity-center/settings.ts';
import { seededRandom } from './seeded-random.ts';
import { CALM, START_MS } from './stage.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

type Sender = { send(command: { readonly input: unknown }): Promise<unknown> };

export type Door = {
  model: IdentityCenterModel;
  clock: VirtualClock;
  ssoAdmin: Sender;
  identityStore: Sender;
  close(): Promise<void>;
};

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export const DOORS = [
  ['in-process', openInProcess],
  ['HTTP', openHttp],
] as const;

async function openInProcess(settings: Partial<Settings>): Promise<Door> {
  const clock = createVirtualClock(START_MS, { jumps: true });
  const model = createIdentityCenterModel({
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: { ...CALM, ...settings },
  });
  return { model, clock, ...createInProcessClients({ model, clock }), close: async () => {} };
}

async function openHttp(settings: Partial<Settings>): Promise<Door> {
  const clock = createVirtualClock(START_MS, { jumps: true });
  const server = await startIdentityCenterServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    random: seededRandom(1),
    organisation: DEMO_ORGANISATION,
    settings: { ...CALM, ...settings },
  });
  const common = { endpoint: server.url, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };
  const ssoAdmin = new SSOAdminClient(common);
  const identityStore = new IdentitystoreClient(common);
  const close = async () => {
    ssoAdmin.destroy();
    identityStore.destroy();
    await server.close();
  };
  return {
    model: server.model,
    clock,
    ssoAdmin: asSender(ssoAdmin),
    identityStore: asSender(identityStore),
    close,
  };
}

/** The real clients want their own command types; the tests give them nothing else. */
function asSender(client: { send(command: never): Promise<unknown> }): Sender {
  return { send: (command) => client.send(command as never) };
}
