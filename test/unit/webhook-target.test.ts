import { describe, expect, test } from 'vitest';
import { describeWebhookUrl, pathSeenByPlugin, webhookUrlProblems } from '../../src/webhook-target.ts';

describe('webhookUrlProblems()', () => {
  test.each([
    'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
    'https://chat.example.com:8443/webhook?tenant=a',
    'http://127.0.0.1:8065/webhook',
    'http://127.8.0.1/webhook',
    'http://localhost:8065/webhook',
    'http://[::1]:8065/webhook',
  ])('accepts %s', (url) => {
    expect(webhookUrlProblems(url)).toEqual([]);
  });

  test.each([
    ['chat.example.com/webhook', 'is not a URL'],
    ['/webhook', 'is not a URL'],
    ['ftp://chat.example.com/webhook', 'is not a URL'],
    ['http://chat.example.com/webhook', 'expected https'],
    ['http://localhost.example.com/webhook', 'expected https'],
    ['http://127.0.0.1.example.com/webhook', 'expected https'],
    ['http://10.0.0.1/webhook', 'expected https'],
    ['https://ana:hunter2@chat.example.com/webhook', 'with credentials'],
    ['https://ana@chat.example.com/webhook', 'with credentials'],
    ['https://chat.example.com/webhook#hunter2', 'with a fragment'],
    ['https://ana:hunter2@', 'is not a URL'],
  ])('refuses %s: %s', (url, problem) => {
    const problems = webhookUrlProblems(url);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).not.toContain('hunter2');
  });
});

describe('pathSeenByPlugin()', () => {
  test.each([
    ['https://chat.example.com/plugins/com.dgwhited.jit-access/webhook', '/webhook'],
    ['https://example.com/chat/plugins/com.dgwhited.jit-access/webhook', '/webhook'],
    ['https://chat.example.com/plugins/x/plugins/y/webhook', '/plugins/y/webhook'],
    ['https://chat.example.com/plugins/x/webhook?a=/plugins/b/c', '/webhook'],
    ['https://chat.example.com/plugins/x', '/'],
    ['https://chat.example.com/plugins/x/', '/'],
    ['https://chat.example.com/webhook', '/webhook'],
    ['https://chat.example.com/myplugins/x/webhook', '/myplugins/x/webhook'],
    ['https://chat.example.com', '/'],
    ['https://chat.example.com/plugins/x/a%2Fb', '/a%2Fb'],
  ])('of %s is %s', (url, path) => {
    expect(pathSeenByPlugin(url)).toBe(path);
  });
});

test('describeWebhookUrl() leaves out credentials and query', () => {
  expect(describeWebhookUrl('https://a:b@chat.example.com/webhook?c=d')).toBe(
    'https://chat.example.com/webhook',
  );
  expect(describeWebhookUrl('a:b@c')).not.toContain('b@c');
});
