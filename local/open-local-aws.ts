// The real SDK's clients, pointed at what runs on this machine. It refuses any other address: with these clients
// nothing of AWS can be reached.

import type { ClockWatch } from '../reconciler/watch-clock.ts';
import { createDocumentClient } from '../src/aws/dynamodb-client.ts';
import { createIdentityCenterClients, sendThrough } from '../src/aws/identity-center-client.ts';
import { LOCAL_REGION } from './local-config.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Clients for DynamoDB Local and for the stand-in. Throws for an endpoint that is not on loopback. */
export function openLocalAws(
  endpoints: { readonly dynamoDb: string; readonly identityCenter: string },
  watch?: Pick<ClockWatch, 'listenTo'>,
) {
  assertLoopback(endpoints.dynamoDb);
  assertLoopback(endpoints.identityCenter);
  const shared = { region: LOCAL_REGION, credentials: CREDENTIALS };
  const documents = createDocumentClient({
    ...shared,
    endpoint: endpoints.dynamoDb,
    ...datesOf(watch, 'DynamoDB'),
  });
  const { ssoAdmin, identityStore } = createIdentityCenterClients({
    ...shared,
    ...datesOf(watch, 'Identity Center'),
    endpoints: { ssoAdmin: endpoints.identityCenter, identityStore: endpoints.identityCenter },
  });
  return {
    documents,
    identityStore,
    send: sendThrough(ssoAdmin),
    close: () => {
      for (const client of [documents, ssoAdmin, identityStore]) client.destroy();
    },
  };
}

function datesOf(watch: Pick<ClockWatch, 'listenTo'> | undefined, source: string) {
  return watch === undefined ? {} : { dates: watch.listenTo(source) };
}

function assertLoopback(endpoint: string): void {
  if (URL.canParse(endpoint) && LOOPBACK.test(new URL(endpoint).hostname)) return;
  throw new Error(`local mode speaks to loopback only, not to ${endpoint}`);
}
