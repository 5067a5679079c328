// Loaded before an entry point: notes every call that the process makes through the SDK, and tells its parent when it is
// asked. It changes nothing of a call, and sends nothing while one is under way.

import { ClientRequest } from 'node:http';
import { machineMs } from './machine-ms.ts';

export type NotedCall = {
  /** For example `GetItem` or `DeleteAccountAssignment`. */
  readonly operation: string;
  /** JSON, as it was sent. */
  readonly body: string;
  readonly startedMs: number;
  readonly endedMs: number;
};

let noted: NotedCall[] = [];

const end = ClientRequest.prototype.end;
ClientRequest.prototype.end = function (this: ClientRequest, ...sent: unknown[]) {
  const [, operation] = String(this.getHeader('x-amz-target') ?? '').split('.');
  if (operation !== undefined) {
    const startedMs = machineMs();
    const body = Buffer.from((sent[0] ?? '') as string).toString();
    this.once('response', (response) =>
      response.once('end', () => noted.push({ operation, body, startedMs, endedMs: machineMs() })),
    );
  }
  return Reflect.apply(end, this, sent);
};

process.on('message', () => {
  process.send?.(noted);
  noted = [];
});
process.on('disconnect', () => process.exit());
// It does not keep the process from ending by itself.
process.channel?.unref();
