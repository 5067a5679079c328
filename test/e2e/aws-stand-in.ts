// Secrets Manager, Lambda and CloudWatch as far as the parts and the runbook call them, on loopback: they answer as AWS does on the
// wire, and note who asked for what.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { noteRequest, readAll } from '../least-privilege/recording-door.ts';
import { PUT_METRIC_DATA, readMetricData, type TakenDatum } from './metric-data-on-the-wire.ts';

export type AwsStandIn = {
  readonly url: string;
  /** The functions that were invoked, in their order. */
  readonly invoked: readonly string[];
  /** What CloudWatch took, in its order. */
  readonly metrics: readonly TakenDatum[];
  close(): Promise<void>;
};

export type AwsStandInOptions = {
  /** Texts by ARN. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What a function does with its event. */
  readonly invoke?: (event: unknown) => Promise<unknown>;
};

const INVOCATION = /^\/2015-03-31\/functions\/([\w-]+)\/invocations$/;

/** Listens when it resolves. Whoever starts it closes it. */
export async function startAwsStandIn({
  secrets = {},
  invoke = async () => null,
}: AwsStandInOptions): Promise<AwsStandIn> {
  const invoked: string[] = [];
  const metrics: TakenDatum[] = [];
  const server = createServer(async (request, response) => {
    const body = await readAll(request);
    noteRequest(request, body);
    const name = INVOCATION.exec(request.url ?? '')?.[1];
    if (request.headers['x-amz-target'] === PUT_METRIC_DATA) return takeMetrics(metrics, body, response);
    if (name === undefined) return answerSecret(secrets, body, response);
    invoked.push(name);
    await answerInvocation(request, response, () => invoke(JSON.parse(body.toString())));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoked,
    metrics,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function takeMetrics(metrics: TakenDatum[], body: Buffer, response: ServerResponse): void {
  metrics.push(...readMetricData(body).data);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
}

function answerSecret(
  secrets: Readonly<Record<string, string>>,
  body: Buffer,
  response: ServerResponse,
): void {
  const { SecretId } = JSON.parse(body.toString()) as { readonly SecretId: string };
  const SecretString = secrets[SecretId];
  const answer =
    SecretString === undefined
      ? { __type: 'ResourceNotFoundException', Message: 'Secrets Manager can’t find the specified secret.' }
      : { ARN: SecretId, SecretString };
  response.writeHead(SecretString === undefined ? 400 : 200, {
    'content-type': 'application/x-amz-json-1.1',
  });
  response.end(JSON.stringify(answer));
}

/** An `Event` is accepted before it is done; any other is answered with what the function answers. */
async function answerInvocation(
  { headers }: IncomingMessage,
  response: ServerResponse,
  run: () => Promise<unknown>,
): Promise<void> {
  if (headers['x-amz-invocation-type'] === 'Event') return void response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await run()));
}
