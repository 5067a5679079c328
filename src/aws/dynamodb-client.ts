// The client of the tables, with its limits and how values are written: the one place that sets them.

import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type ClientLimits, createBoundedClient } from './bounded-client.ts';
import type { DateHook } from './bounded-handler.ts';
import { storedNumber } from './stored-number.ts';

/**
 * BatchGetItem answers up to 16 MB and Query up to 1 MB as DynamoDB counts them; in JSON ordinary rows are about as
 * large, and the worst that can be typed (a list of nulls) seven times. A batch that is larger is read in halves:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

const LOOP_LIMITS: ClientLimits = {
  connectMs: 2_000,
  attemptMs: 5_000,
  attemptsMax: 3,
  callMs: 16_000,
  answerMaxBytes: ANSWER_MAX_BYTES,
};

/**
 * For calls that a person waits for. A call makes several reads and writes, and the plugin gives up after ten seconds:
 * a table that hangs must not use them all up, least of all that of the nonces, before a revoke has begun.
 */
export const CALL_LIMITS: ClientLimits = {
  connectMs: 1_000,
  attemptMs: 1_500,
  attemptsMax: 2,
  callMs: 3_500,
  answerMaxBytes: ANSWER_MAX_BYTES,
};

/**
 * Without `credentials` and `endpoint` the SDK's own chain applies, `AWS_ENDPOINT_URL_DYNAMODB` included.
 * Connections are kept alive, which is the SDK's default.
 */
export function createDocumentClient(options: {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
  /** Those of the loop unless given: what fails there comes again with the next tick. */
  readonly limits?: ClientLimits;
  /** Hears the date of every answer. */
  readonly dates?: DateHook;
}): DynamoDBDocumentClient {
  const { limits = LOOP_LIMITS, dates, ...where } = options;
  const client = createBoundedClient(DynamoDBClient, where, limits, dates);
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true, convertEmptyValues: false },
    // By default a number that JavaScript cannot hold exactly throws, and one row typed by hand would make every
    // page that contains it unreadable.
    unmarshallOptions: { wrapNumbers: storedNumber },
  });
}
