// The stand-in behind the SDK's own face, without a network: for simulations under virtual time. Replies and errors
// look as the real clients give them; nothing here decides what AWS would answer.

import type { Clock } from '../../src/clock.ts';
import type { Answer, IdentityCenterModel, Outcome, ServiceCall } from './model.ts';
import type { Service } from './operation-names.ts';

/** A command of the SDK: its operation is the name of its class. */
export type SdkCommand = { readonly input: unknown };

export type SendOptions = { abortSignal?: AbortSignal };

export type InProcessClient = {
  send(command: SdkCommand, options?: SendOptions): Promise<unknown>;
  destroy(): void;
};

export type InProcessClientOptions = {
  model: IdentityCenterModel;
  /** AWS's own time, and what slow answers sleep on; never the skewed clock of the process that calls. */
  clock: Pick<Clock, 'nowMs' | 'sleep'>;
};

/** Used where an `SSOAdminClient` and an `IdentitystoreClient` would be. They never retry. */
export function createInProcessClients(options: InProcessClientOptions): {
  ssoAdmin: InProcessClient;
  identityStore: InProcessClient;
} {
  return { ssoAdmin: clientOf('sso', options), identityStore: clientOf('identitystore', options) };
}

function clientOf(service: Service, options: InProcessClientOptions): InProcessClient {
  return {
    async send(command, { abortSignal } = {}) {
      if (abortSignal?.aborted) throw abortError();
      const operation = command.constructor.name.replace(/Command$/, '');
      const answered = deliver(options, { service, operation, input: command.input });
      const answer = await (abortSignal === undefined ? answered : unlessAborted(answered, abortSignal));
      return resultOf(answer);
    },
    destroy() {},
  };
}

/** Goes on when the caller has given up: what was sent arrives. */
async function deliver({ model, clock }: InProcessClientOptions, call: ServiceCall): Promise<Answer> {
  const answer = model.call(call, clock.nowMs());
  if (answer.delayMs > 0) await clock.sleep(answer.delayMs);
  if (answer.outcome.kind !== 'not-arrived') return answer;
  const late = model.callLate(call, clock.nowMs());
  if (late.delayMs > 0) await clock.sleep(late.delayMs);
  return late;
}

async function unlessAborted(answered: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([answered, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function resultOf({ outcome, requestId }: Answer): unknown {
  const attempts = { attempts: 1, totalRetryDelay: 0 };
  if (outcome.kind !== 'reply') throw errorOf(outcome, requestId, attempts);
  return { ...outcome.output, $metadata: { httpStatusCode: 200, requestId, ...attempts } };
}

type Refusal = Exclude<Outcome, { kind: 'reply' }>;

/** As the SDK was seen to raise them: its names, codes and metadata. */
function errorOf(outcome: Refusal, requestId: string, attempts: object): Error {
  switch (outcome.kind) {
    case 'error': {
      const { httpStatusCode, message, name, members } = outcome;
      const $fault = httpStatusCode < 500 ? 'client' : 'server';
      const $metadata = { httpStatusCode, requestId, ...attempts };
      return Object.assign(new Error(message), { name, $fault, $metadata, ...members });
    }
    case 'html-503': {
      const message = `Unexpected token '<', "<html><bod"... is not valid JSON`;
      return Object.assign(new SyntaxError(message), { $metadata: { httpStatusCode: 503, ...attempts } });
    }
    case 'connection-reset':
    case 'not-arrived': {
      const code = 'ECONNRESET';
      const $metadata = { ...attempts };
      return Object.assign(new Error('read ECONNRESET'), { name: 'TimeoutError', code, $metadata });
    }
  }
}

function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}
