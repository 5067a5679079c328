// One recorded call, made again by a bare SDK client.

import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSetCommand,
  ListAccountAssignmentDeletionStatusCommand,
  ListAccountAssignmentsCommand,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import { sendThrough } from '../../src/aws/identity-center-client.ts';
import { createWriteLive } from '../../src/aws/write-live.ts';
import type { PathCall } from './read-path.ts';

type Commands = Readonly<Record<string, new (input: never) => object>>;

const TableCommands: Commands = {
  BatchGetItem: BatchGetItemCommand,
  DeleteItem: DeleteItemCommand,
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  TransactWriteItems: TransactWriteItemsCommand,
  UpdateItem: UpdateItemCommand,
};
const IdentityCenterCommands: Commands = {
  DescribeAccountAssignmentDeletionStatus: DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSet: DescribePermissionSetCommand,
  ListAccountAssignmentDeletionStatus: ListAccountAssignmentDeletionStatusCommand,
  ListAccountAssignments: ListAccountAssignmentsCommand,
};

const SHARED = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
};

export type BareClients = {
  send(call: PathCall): Promise<unknown>;
  readonly dynamoDb: DynamoDBClient;
  close(): void;
};

/** Whoever opens them closes them. */
export function openBareClients(urls: {
  readonly dynamoDb: string;
  readonly identityCenter: string;
}): BareClients {
  const dynamoDb = new DynamoDBClient({ ...SHARED, endpoint: urls.dynamoDb });
  const ssoAdmin = new SSOAdminClient({ ...SHARED, endpoint: urls.identityCenter });
  const send = ({ operation, body }: PathCall): Promise<unknown> => {
    if (operation === 'DeleteAccountAssignment') return deleteAssignment(ssoAdmin, body);
    // `send` takes one of many commands and no union of them: any one of them stands for all.
    return operation in TableCommands
      ? dynamoDb.send(toCommand(TableCommands, operation, body) as GetItemCommand)
      : ssoAdmin.send(toCommand(IdentityCenterCommands, operation, body) as ListAccountAssignmentsCommand);
  };
  return {
    dynamoDb,
    send,
    close: () => {
      dynamoDb.destroy();
      ssoAdmin.destroy();
    },
  };
}

/** Access is changed in one place only, and that place adds next to nothing to the call. */
async function deleteAssignment(ssoAdmin: SSOAdminClient, body: string): Promise<void> {
  const { InstanceArn, TargetId, PermissionSetArn, PrincipalId } = JSON.parse(body) as Record<string, string>;
  const writer = createWriteLive({ send: sendThrough(ssoAdmin), instanceArn: InstanceArn ?? '' });
  const { kind } = await writer.deleteAssignment({
    accountId: TargetId ?? '',
    permissionSetArn: PermissionSetArn ?? '',
    principalId: PrincipalId ?? '',
  });
  if (kind !== 'accepted') throw new Error('the stand-in did not accept a Delete of the baseline');
}

function toCommand(commands: Commands, operation: string, body: string): object {
  const Command = commands[operation];
  if (Command === undefined) throw new Error(`the baseline does not know ${operation}`);
  // A transaction is known by its token: each has its own.
  const { ClientRequestToken: _recorded, ...input } = JSON.parse(body) as Record<string, unknown>;
  return new Command(input as never);
}
