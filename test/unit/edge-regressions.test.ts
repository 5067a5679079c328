// The edges to AWS and to the plugin: answers that are late, odd, or not whole.

import { DescribeUserCommand, GetUserIdCommand, IdentitystoreClient } from '@aws-sdk/client-identitystore';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { sendNotification } from '../../reconciler/send-notification.ts';
import { createDirectory } from '../../src/aws/directory.ts';

test('createDirectory() answers the id as the directory writes it, however it was typed', async () => {
  const client = new IdentitystoreClient({ region: 'us-east-1' });
  const mock = mockClient(client);
  const directory = createDirectory({ client, identityStoreId: 'd-1234567890' });
  const id = 'abcdef11-1111-4111-8111-111111111111';
  mock.on(GetUserIdCommand).resolves({ UserId: id });
  mock.on(DescribeUserCommand).resolves({ UserId: id, UserName: 'ana@example.com', IdentityStoreId: 'd-1' });
  expect(await directory.findPrincipal(id.toUpperCase())).toMatchObject({ principalId: id });
});

test('sendNotification() counts a 200 as received although the rest of the answer never comes', async () => {
  const broken = new ReadableStream({
    start: (controller) => controller.error(new DOMException('The operation timed out', 'TimeoutError')),
  });
  const delivery = await sendNotification(
    {
      target: { url: 'http://127.0.0.1/webhook', signedPath: '/webhook', keyId: 'backend' },
      secret: async () => 'secret',
      clock: { nowMs: () => 0 },
      newNonce: () => 'nonce',
      fetch: async () => new Response(broken),
    },
    { request_id: 'r', status: 'GRANTED', account_id: '1', channel_id: 'c', actor: 'system', details: {} },
    new AbortController().signal,
  );
  expect(delivery).toEqual({ kind: 'accepted' });
});
