// What people in a channel would read of a notification: the plugin's headings and what it shows of the details, in one
// line. It shows no more than the plugin does, so that what is missing here is missing there.

import type { NotificationBody, NotificationStatus } from '../src/notification.ts';

const HEADINGS: Readonly<Record<NotificationStatus, string>> = {
  GRANTED: 'Access Granted',
  REVOKED: 'Access Revoked',
  EXPIRED: 'Access Expired',
  DENIED: 'Access Denied',
  ERROR: 'Error',
};

/** The line, with the channel before it. Line breaks in the details become spaces. */
export function channelLine(notification: NotificationBody): string {
  const { channel_id, request_id, account_id } = notification;
  const parts = [
    heading(notification),
    `request ${request_id}`,
    `account ${account_id}`,
    detail(notification),
  ];
  const line = parts.filter((part) => part !== '').join(' · ');
  return `[${channel_id}] ${line}`.replaceAll(/\s+/g, ' ');
}

function heading({ status, actor }: NotificationBody): string {
  // The plugin names nobody for what ended by itself or failed.
  const named = actor !== '' && status !== 'EXPIRED' && status !== 'ERROR';
  return named ? `${HEADINGS[status]} by ${actor}` : HEADINGS[status];
}

function detail({ status, details }: NotificationBody): string {
  // Whatever the details of an expiry say, the plugin shows its own sentence, and it claims that access is gone.
  if (status === 'EXPIRED') return 'The access window has ended and permissions have been removed.';
  const text = Object.entries(details)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
  if (status === 'REVOKED' && text !== '') return `Details: ${text}`;
  if (status === 'DENIED' && text !== '') return `Reason: ${text}`;
  return text;
}
