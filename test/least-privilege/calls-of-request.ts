// What a request on the wire asks of IAM: read from the bytes that a client, whoever wrote it, really sent.

import { DEMO_PERMISSION_SETS } from '../../local/identity-center/demo-organisation.ts';
import type { Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import type { AwsCall } from './aws-call.ts';
import { callOfDirectory, callOfIdentityCenter, type Scope } from './calls-of-identity-center.ts';
import { itemCall, leadingKeys, resourceOf, scanCall } from './calls-of-store.ts';

export type AwsRequest = {
  readonly path: string;
  /** `X-Amz-Target`: the service and its operation. REST services have none. */
  readonly target?: string | undefined;
  readonly body: string;
};

type Members = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, { readonly S?: string }>>;

/** What the processes of the tests are configured to manage. */
const DEMO_SCOPE: Scope = {
  permissionSetArns: [DEMO_PERMISSION_SETS.jitAdmin, DEMO_PERMISSION_SETS.jitReadOnly],
  excludedAccountIds: [],
};

// A transaction is judged by the action of each of its items, never by one of its own:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
const TRANSACT_ACTIONS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/** Throws for what it does not know. */
export function callsOfRequest({ path, target = '', body }: AwsRequest): readonly AwsCall[] {
  const invoked = /^\/2015-03-31\/functions\/jit-(\w+)\/invocations$/.exec(path)?.[1];
  if (invoked !== undefined) return [{ action: 'lambda:InvokeFunction', resources: [`function/${invoked}`] }];
  const [service = '', operation = ''] = target.split('.');
  const input = JSON.parse(body) as Members;
  if (service === 'DynamoDB_20120810') return callsOfDynamoDb(operation, input);
  if (service === 'SWBExternalService') return [callOfIdentityCenter(operation, input, DEMO_SCOPE)];
  if (service === 'AWSIdentityStore') return [callOfDirectory(operation)];
  if (service === 'GraniteServiceVersion20100801')
    return [{ action: `cloudwatch:${operation}`, resources: ['*'], namespace: String(input.Namespace) }];
  const secret = /:secret:jit\/(\w+)-/.exec(String(input.SecretId))?.[1];
  if (service === 'secretsmanager' && secret !== undefined)
    return [{ action: `secretsmanager:${operation}`, resources: [`secret/${secret}`] }];
  throw new Error(`which call is ${path} ${target}?`);
}

function callsOfDynamoDb(operation: string, input: Members): readonly AwsCall[] {
  switch (operation) {
    case 'TransactWriteItems':
      return (input.TransactItems as readonly Readonly<Record<string, Members>>[]).flatMap((action) =>
        Object.entries(action).map(([kind, item]) =>
          onItem(TRANSACT_ACTIONS[kind as keyof typeof TRANSACT_ACTIONS], item),
        ),
      );
    case 'BatchGetItem':
      return Object.entries(input.RequestItems as Readonly<Record<string, { readonly Keys: Item[] }>>).map(
        ([name, { Keys }]) => itemCall('dynamodb:BatchGetItem', tableNamed(name), Keys.map(plain)),
      );
    case 'GetItem':
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem':
      return [onItem(operation, input)];
    case 'Query':
      return [queryCall(input)];
    case 'Scan':
      return [scanCall(tableNamed(input.TableName), indexIn(input))];
    default:
      return [{ action: `dynamodb:${operation}`, resources: [resourceOf(tableNamed(input.TableName))] }];
  }
}

function onItem(operation: string, input: Members): AwsCall {
  const call = itemCall(`dynamodb:${operation}`, tableNamed(input.TableName), [
    plain((input.Item ?? input.Key) as Item),
  ]);
  if (operation !== 'UpdateItem') return call;
  const { ReturnValues: returnValues } = input;
  return {
    ...call,
    attributes: attributesOf(input),
    ...(typeof returnValues === 'string' ? { returnValues } : {}),
  };
}

/** The resource of a query on an index is the index, and not its table. */
function queryCall(input: Members): AwsCall {
  const table = tableNamed(input.TableName);
  const values = Object.values((input.ExpressionAttributeValues ?? {}) as Item).map(({ S }) => S);
  const action = 'dynamodb:Query';
  return { action, resources: [resourceOf(table, indexIn(input))], ...leadingKeys(table, values) };
}

/** All top-level attributes that an update names, its key and its condition included. */
function attributesOf(input: Members): readonly string[] {
  const aliases = (input.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>;
  const text = `${input.UpdateExpression ?? ''} ${input.ConditionExpression ?? ''}`.replaceAll(/:\w+/g, '');
  const words = (text.match(/#?\w+/g) ?? []).filter((word) => !KEYWORDS.test(word));
  const named = words.map((word) => aliases[word] ?? word);
  return [...new Set([...Object.keys(input.Key as Members), ...named])].toSorted();
}
const KEYWORDS =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|IN|BETWEEN|attribute_(not_)?exists|if_not_exists|list_append|size|contains|begins_with|\d+)$/i;

function indexIn({ IndexName }: Members): string | undefined {
  return typeof IndexName === 'string' ? IndexName : undefined;
}

/** Deployments and tests prefix the names of the tables. */
function tableNamed(name: unknown): Table {
  const tables = Object.keys(TableDefinitions) as Table[];
  const table = tables.find((each) => String(name).endsWith(TableDefinitions[each].defaultName));
  if (table === undefined) throw new Error(`which table is ${name}?`);
  return table;
}

function plain(item: Item): Members {
  return Object.fromEntries(Object.entries(item).map(([name, { S }]) => [name, S]));
}
