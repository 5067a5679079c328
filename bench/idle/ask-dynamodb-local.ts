// Asks DynamoDB Local the same as the model was asked, on the same rows, and sums what it says that each request costs.

import { randomUUID } from 'node:crypto';
import { checkJava } from '../../local/check-java.ts';
import { startDynamoDbLocal } from '../../local/dynamodb.ts';
import { createTables } from '../../src/aws/create-tables.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import { createDynamoDbStore, type DocumentClient, type TableNames } from '../../src/aws/dynamodb-store.ts';
import type { Row, Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { freePort } from '../../test/free-port.ts';
import type { Asked } from './counted-store.ts';

const ROWS_AT_ONCE = 50;

type Rows = Iterable<readonly [Table, readonly Row[]]>;

/** The units of each request, in their order; undefined where there is no Java. */
export async function askDynamoDbLocal(
  rowsBefore: Rows,
  asked: readonly Pick<Asked, 'again'>[],
): Promise<readonly number[] | undefined> {
  const hasJava = await checkJava().then(
    () => true,
    () => false,
  );
  if (!hasJava) return undefined;
  const local = await startDynamoDbLocal({ port: await freePort() });
  try {
    return await askAll(local.endpoint, rowsBefore, asked);
  } finally {
    await local.stop();
  }
}

async function askAll(
  endpoint: string,
  rowsBefore: Rows,
  asked: readonly Pick<Asked, 'again'>[],
): Promise<readonly number[]> {
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
  for (const [table, rows] of rowsBefore)
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE)
      await Promise.all(
        rows.slice(i, i + ROWS_AT_ONCE).map((row) => store.transact([{ kind: 'put', table, row }])),
      );
  const reported: number[] = [];
  for (const { again } of asked) {
    metered.reset();
    await again(store);
    reported.push(metered.units());
  }
  return reported;
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
