import { expect, test } from 'vitest';
import { channelLine } from '../../local/channel-line.ts';
import type { NotificationBody } from '../../src/notification.ts';

const body = (changes: Partial<NotificationBody>): NotificationBody => ({
  request_id: 'r-1',
  status: 'GRANTED',
  account_id: '111111111111',
  channel_id: 'demo',
  actor: 'system',
  details: {},
  ...changes,
});
const about = 'request r-1 · account 111111111111';

test.each([
  [
    'a grant',
    { details: { note: 'for 1 hour' } },
    `[demo] Access Granted by system · ${about} · note: for 1 hour`,
  ],
  ['a grant by nobody', { actor: '' }, `[demo] Access Granted · ${about}`],
  [
    'a revocation',
    { status: 'REVOKED', actor: 'ben@example.com', details: { note: 'gone' } },
    `[demo] Access Revoked by ben@example.com · ${about} · Details: note: gone`,
  ],
  [
    'an expiry, whatever its details say',
    { status: 'EXPIRED', details: { note: 'kept' } },
    `[demo] Access Expired · ${about} · The access window has ended and permissions have been removed.`,
  ],
  [
    'a denial',
    { status: 'DENIED', details: { note: 'nobody answered' } },
    `[demo] Access Denied by system · ${about} · Reason: note: nobody answered`,
  ],
  [
    'an error',
    { status: 'ERROR', details: { note: 'no such user' } },
    `[demo] Error · ${about} · note: no such user`,
  ],
  ['line breaks', { details: { note: 'a\n\tb' } }, `[demo] Access Granted by system · ${about} · note: a b`],
] as const)('channelLine() shows %s', (_what, changes, line) => {
  expect(channelLine(body(changes))).toBe(line);
});
