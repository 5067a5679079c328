// The client of the tables, with its time limits and how values are written: the one place that sets them.

import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** `requestTimeoutMs` is for each attempt. */
export type ClientLimits = {
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly attemptsMax: number;
};

const LOOP_LIMITS: ClientLimits = { connectionTimeoutMs: 2_000, requestTimeoutMs: 5_000, attemptsMax: 3 };

/**
 * For calls that a person waits for. A call makes several reads and writes, and the plugin gives up after ten seconds:
 * a table that hangs must not use them all up, least of all that of the nonces, before a revoke has begun.
 */
export const CALL_LIMITS: ClientLimits = {
  connectionTimeoutMs: 1_000,
  requestTimeoutMs: 1_500,
  attemptsMax: 2,
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
}): DynamoDBDocumentClient {
  const { limits = LOOP_LIMITS, ...where } = options;
  const client = new DynamoDBClient({
    ...where,
    maxAttempts: limits.attemptsMax,
    requestHandler: {
      connectionTimeout: limits.connectionTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      // Without this the SDK only logs a warning and goes on waiting.
      throwOnRequestTimeout: true,
    },
  });
  return DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true, convertEmptyValues: false },
    // By default a number that JavaScript cannot hold exactly throws, and one row typed by hand would make every
    // page that contains it unreadable.
    unmarshallOptions: { wrapNumbers: Number },
  });
}
