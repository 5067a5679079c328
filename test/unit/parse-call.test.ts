import { describe, expect, test } from 'vitest';
import { parseCall } from '../../local/parse-call.ts';

describe('parseCall()', () => {
  test.each([
    ['GET /drift --ops', { method: 'GET', target: '/drift', body: '', keySet: 'ops' }],
    ['--ops get /drift', { method: 'GET', target: '/drift', body: '', keySet: 'ops' }],
    [
      'GET /requests?channel_id=demo',
      { method: 'GET', target: '/requests?channel_id=demo', body: '', keySet: 'plugin' },
    ],
    ['POST /requests {"a":1}', { method: 'POST', target: '/requests', body: '{"a":1}', keySet: 'plugin' }],
    ['POST /a/../b%2F', { method: 'POST', target: '/a/../b%2F', body: '', keySet: 'plugin' }],
  ])('reads %s', (line, call) => {
    expect(parseCall(line.split(' '))).toEqual({ ok: true, call });
  });

  test.each([
    [[], 'METHOD and PATH are needed'],
    [['GET'], 'METHOD and PATH are needed'],
    [['/drift', 'GET'], 'METHOD is "/drift"'],
    [['GET', 'drift'], 'PATH is "drift": expected / first'],
    [['GET', 'http://localhost/drift'], 'expected / first'],
    [['GET', '/a b'], 'no spaces'],
    [['GET', '/a\r\nX: y'], 'no spaces'],
    [['POST', '/requests', '{a:1}'], 'BODY is not JSON: {a:1}'],
    [['POST', '/requests', '{"a":', '1}'], 'too many arguments, from "1}" on'],
    [['GET', '/drift', '--op'], 'unknown option "--op"'],
  ])('explains what is wrong with %j', (args, problem) => {
    expect(parseCall(args)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});
