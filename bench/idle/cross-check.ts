// The units that were computed, beside those that DynamoDB Local reports for the very same requests on the same rows.

import { randomUUID } from 'node:crypto';
import { checkJava } from '../../local/check-java.ts';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore, type DocumentClient, type TableNames } from '../../src/aws/dynamodb-store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { freePort } from '../../test/free-port.ts';
import { MINUTE } from '../../test/world.ts';
import { createIdleWorld } from './idle-world.ts';
import { allRows, watchTicks } from './watch-idle.ts';

export type CrossCheck = {
  readonly requests: number;
  /** Queries that find nothing: DynamoDB asks the least for them, DynamoDB Local nothing. */
  readonly empty: number;
  /** All others for which the two differ. */
  readonly different: number;
};

const GRANTS = 200;
const ROWS_AT_ONCE = 50;

/** Undefined where there is no Java. Only what reads is asked again: the rows stay as they are. */
export async function crossCheck(): Promise<CrossCheck | undefined> {
  const hasJava = await checkJava().then(
    () => true,
    () => false,
  );
  if (!hasJava) return undefined;
  const local = await startDynamoDbLocal({ port: await freePort() });
  try {
    return await compare(local.endpoint);
  } finally {
    await local.stop();
  }
}

async function compare(endpoint: string): Promise<CrossCheck> {
  const world = await createIdleWorld({ name: 'cross-check', grants: GRANTS, settled: GRANTS });
  const { asked } = await watchTicks(world, 2 * MINUTE);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = createDocumentClient({ region: 'us-east-1', endpoint, credentials });
  const names = Object.entries(TableDefinitions).map(([table, { defaultName }]) => [
    table,
    `${defaultName}-${randomUUID().slice(0, 8)}`,
  ]);
  const tableNames = Object.fromEntries(names) as TableNames;
  await createTables({ client, tableNames });
  const metered = meteredClient(client);
  const store = createDynamoDbStore({ client: metered.client, tableNames });
  for (const [table, rows] of allRows(world))
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE)
      await Promise.all(
        rows.slice(i, i + ROWS_AT_ONCE).map((row) => store.transact([{ kind: 'put', table, row }])),
      );
  const reads = asked.filter((each) => each.reads > 0);
  const reported: number[] = [];
  for (const { again } of reads) {
    metered.reset();
    await again(store);
    reported.push(metered.units());
  }
  const others = reads.filter(({ readUnits }, n) => readUnits !== reported[n]);
  const empty = reported.filter((units) => units === 0).length;
  return { requests: reads.length, empty, different: others.length - empty };
}

/** Sums what DynamoDB says that each answer cost. */
function meteredClient(client: DocumentClient) {
  let units = 0;
  const send = async (command: { readonly input: object }) => {
    Object.assign(command.input, { ReturnConsumedCapacity: 'TOTAL' });
    const answer = await client.send(command as Parameters<DocumentClient['send']>[0]);
    const { ConsumedCapacity: consumed } = answer as { ConsumedCapacity?: unknown };
    for (const each of [consumed].flat()) units += (each as { CapacityUnits?: number })?.CapacityUnits ?? 0;
    return answer;
  };
  return {
    client: { send } as unknown as DocumentClient,
    units: () => units,
    reset: () => {
      units = 0;
    },
  };
}
