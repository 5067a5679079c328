// Starts one DynamoDB Local for the whole test run. Where there is no Java the tests that need it are left out,
// loudly.

import type { TestProject } from 'vitest/node';
import { checkJava } from '../local/check-java.ts';
import { startDynamoDbLocal } from '../local/dynamodb.ts';
import { freePort } from './free-port.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Empty where there is no Java. */
    dynamoDbEndpoint: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    await checkJava();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\n*** THE TESTS AGAINST DYNAMODB LOCAL ARE LEFT OUT: ${reason}. ***\n\n`);
    project.provide('dynamoDbEndpoint', '');
    return async () => {};
  }
  const local = await startDynamoDbLocal({ port: await freePort() });
  project.provide('dynamoDbEndpoint', local.endpoint);
  return local.stop;
}
