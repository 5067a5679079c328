// The client of the tables, with its time limits and how values are written: the one place that sets them.

import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const CONNECTION_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 5_000;
const ATTEMPTS_MAX = 3;

/**
 * Without `credentials` and `endpoint` the SDK's own chain applies, `AWS_ENDPOINT_URL_DYNAMODB` included.
 * Connections are kept alive, which is the SDK's default.
 */
export function createDocumentClient(options: {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
}): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    ...options,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
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
