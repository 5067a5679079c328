// The baseline: the very calls that our processes made for one revoke, made again by bare SDK clients that think about
// nothing, on rows of their own that are as the real ones were.

import { randomUUID } from 'node:crypto';
import { GetItemCommand, type GetItemCommandOutput, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { LocalCaller } from '../../test/e2e/local-caller.ts';
import type { BareClients } from './bare-call.ts';
import { BARE_SET, MANAGED_SET } from './latency-organisation.ts';
import type { Granted, LatencyStage } from './latency-stage.ts';
import { machineMs } from './machine-ms.ts';
import type { Path } from './read-path.ts';

type StoredRow = NonNullable<GetItemCommandOutput['Item']>;
/** A request and its ledger row as they lie in the tables. */
export type StoredRows = { readonly request: StoredRow; readonly ledger: StoredRow };

/** A revoke as it was recorded, and the rows before it. */
export type Recorded = { readonly about: Granted; readonly path: Path; readonly before: StoredRows };

export type BareRun = { readonly startedMs: number; readonly endedMs: number };

export type BareParts = {
  readonly tables: LatencyStage['tables'];
  readonly clients: BareClients;
  /** Speaks to a bare express application, and to the same stand-in. */
  readonly caller: LocalCaller;
};

/** The rows of a request that is about to be revoked. */
export async function readStoredRows(
  { tables, clients }: Pick<BareParts, 'tables' | 'clients'>,
  { accountId, userId, requestId }: Granted,
): Promise<StoredRows> {
  const read = async (TableName: string, name: string, S: string) => {
    const get = new GetItemCommand({ TableName, Key: { [name]: { S } }, ConsistentRead: true });
    return (await clients.dynamoDb.send(get)).Item ?? {};
  };
  return {
    request: await read(tables.ours.requests, 'request_id', requestId),
    ledger: await read(tables.ours.assignments, 'assignment_id', `${accountId}#${MANAGED_SET}#${userId}`),
  };
}

/**
 * The signed call to the bare application, and then the path: with what was asked at once asked at once, or strictly one
 * call after the other.
 */
export async function runBarePath(
  parts: BareParts,
  recorded: Recorded,
  how: 'at once' | 'one by one',
): Promise<BareRun> {
  const requestId = randomUUID();
  const renamed = renamer(parts, recorded, requestId);
  await putBack(parts, recorded, renamed);
  const steps = [...recorded.path.toDelete, ...recorded.path.toProof].map((step) =>
    step.map((call) => ({ ...call, body: renamed(call.body) })),
  );
  const inTurn = how === 'at once' ? steps : steps.flat().map((call) => [call]);
  const startedMs = machineMs();
  await parts.caller.revoke(requestId);
  for (const step of inTurn) await Promise.all(step.map(parts.clients.send));
  return { startedMs, endedMs: machineMs() };
}

type Renamed = (text: string) => string;

/** To another request with another nonce, in the other tables, of a permission set that nobody manages. */
function renamer({ tables }: BareParts, { about, path }: Recorded, requestId: string): Renamed {
  const [nonce = ''] = path.toDelete
    .flat()
    .flatMap(({ body }) => /"nonce":\{"S":"([^"]+)"/.exec(body)?.[1] ?? []);
  const names = Object.entries(tables.ours) as [keyof typeof tables.ours, string][];
  const pairs: [string, string][] = [
    [about.requestId, requestId],
    [nonce, randomUUID()],
    [MANAGED_SET, BARE_SET],
    ...names.map(([table, name]): [string, string] => [name, tables.bare[table]]),
  ];
  return (text) => pairs.reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

/** So that every condition holds, and there is something to delete. */
async function putBack(parts: BareParts, { about, before }: Recorded, renamed: Renamed): Promise<void> {
  const { tables, clients, caller } = parts;
  const put = (TableName: string, row: StoredRow) => {
    const Item = JSON.parse(renamed(JSON.stringify(row))) as StoredRow;
    return clients.dynamoDb.send(new PutItemCommand({ TableName, Item }));
  };
  await put(tables.bare.requests, before.request);
  await put(tables.bare.assignments, before.ledger);
  const { accountId, userId: principalId } = about;
  const assignment = { accountId, permissionSetArn: BARE_SET, principalType: 'USER', principalId };
  await caller.admin('POST', '/admin/assignments', assignment);
}
