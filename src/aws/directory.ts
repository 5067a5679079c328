// Who is who, asked of Identity Store. It only reads, and never takes a failure for an absence.

import {
  DescribeUserCommand,
  type DescribeUserCommandOutput,
  GetUserIdCommand,
  type IdentitystoreClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-identitystore';
import { type Directory, type DirectoryAnswer, DirectoryError, type DirectoryUser } from '../directory.ts';

type Deps = {
  readonly client: Pick<IdentitystoreClient, 'send'>;
  readonly identityStoreId: string;
};

/** The only two attributes that GetUserId finds by. A user name is looked for first: it cannot be somebody else's. */
const PATHS = ['userName', 'emails.value'] as const;

/** `findUser` asks by user name, then by e-mail address; `findPrincipal` by id. */
export function createDirectory(deps: Deps): Directory {
  return {
    async findUser(email) {
      for (const path of PATHS) {
        const principalId = await findId(deps, path, email);
        if (principalId !== undefined) return describe(deps, principalId);
      }
      return { kind: 'absent' };
    },
    findPrincipal: (principalId) => describe(deps, principalId),
  };
}

function findId(deps: Deps, AttributePath: string, AttributeValue: string): Promise<string | undefined> {
  const UniqueAttribute = { AttributePath, AttributeValue };
  const command = new GetUserIdCommand({
    IdentityStoreId: deps.identityStoreId,
    AlternateIdentifier: { UniqueAttribute },
  });
  return orAbsent('look a user up', async () => (await deps.client.send(command)).UserId);
}

async function describe(deps: Deps, principalId: string): Promise<DirectoryAnswer> {
  const command = new DescribeUserCommand({ IdentityStoreId: deps.identityStoreId, UserId: principalId });
  const user = await orAbsent('describe a user', () => deps.client.send(command));
  // As the directory writes it: a freeze is filed under the id, and one in capitals would hold nobody.
  return user === undefined ? { kind: 'absent' } : toFound(user.UserId ?? principalId, user);
}

function toFound(principalId: string, user: DescribeUserCommandOutput): DirectoryUser {
  const { UserStatus: status, UserName: userName, Emails = [] } = user;
  const emails = [userName, ...Emails.map(({ Value }) => Value)].filter((name) => name !== undefined);
  const found = { kind: 'found', principalId, emails: [...new Set(emails)] } as const;
  return status === 'ENABLED' || status === 'DISABLED' ? { ...found, status } : found;
}

// The store itself not being found is a wrong setting and not an absent user: only a USER may be absent.
async function orAbsent<T>(action: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const absent = error instanceof ResourceNotFoundException && error.ResourceType !== 'IDENTITY_STORE';
    if (absent) return undefined;
    throw new DirectoryError(action, { cause: error });
  }
}
