// The Identity Store: finding users by a unique attribute, reading one, listing all.

import type { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { Call, Output } from './call.ts';
import { findUserId } from './directory.ts';
import type { userIdInput, userInput, userListInput } from './input-schemas.ts';
import type { User } from './organisation.ts';
import { takePage } from './page.ts';
import type { World } from './world.ts';

/** Not found is `ResourceNotFoundException` with `ResourceType: USER`. */
export function getUserId({ world, input }: Call<z.output<typeof userIdInput>>): Output {
  requireStore(world, input.IdentityStoreId);
  const { ExternalId, UniqueAttribute } = input.AlternateIdentifier;
  if ((ExternalId === undefined) === (UniqueAttribute === undefined)) {
    throw new AwsError('ValidationException', 'AlternateIdentifier must have exactly one member.');
  }
  const userId = UniqueAttribute && findByAttribute(world, UniqueAttribute);
  if (userId === undefined) throw userNotFound();
  return { IdentityStoreId: world.identityStoreId, UserId: userId };
}

/** `userName` and `emails.value` are the only two paths of a user that are unique. */
function findByAttribute(
  world: World,
  { AttributePath, AttributeValue }: { AttributePath: string; AttributeValue: unknown },
): string | undefined {
  if (AttributePath !== 'userName' && AttributePath !== 'emails.value') {
    throw new AwsError('ValidationException', `The attribute path ${AttributePath} is not supported.`);
  }
  if (typeof AttributeValue !== 'string') {
    throw new AwsError('ValidationException', 'The attribute value must be a string.');
  }
  return findUserId(world, AttributePath, AttributeValue);
}

export function describeUser({ world, input }: Call<z.output<typeof userInput>>): Output {
  requireStore(world, input.IdentityStoreId);
  const user = world.users.get(input.UserId);
  if (user === undefined) throw userNotFound(input.UserId);
  return userMembers(world, user);
}

/** The UserName filter is deprecated and still answered. */
export function listUsers(call: Call<z.output<typeof userListInput>>): Output {
  const { world, input } = call;
  requireStore(world, input.IdentityStoreId);
  const filter = input.Filters?.[0];
  const { rows, next } = takePage(call, filter ? filtered(world, filter) : inOrder(world.users.values()));
  return { Users: rows.map(({ user }) => userMembers(world, user)), ...next };
}

function* filtered(world: World, filter: { AttributePath: string; AttributeValue: string }) {
  if (filter.AttributePath !== 'UserName') {
    throw new AwsError('ValidationException', `The attribute path ${filter.AttributePath} is not supported.`);
  }
  const user = world.users.get(findUserId(world, 'userName', filter.AttributeValue) ?? '');
  if (user !== undefined) yield* inOrder([user]);
}

/** Positions by order of joining; a user who leaves shifts those behind, as an offset would. */
function* inOrder(users: Iterable<User>): Generator<{ seq: number; user: User }, void, undefined> {
  let seq = 0;
  for (const user of users) {
    seq += 1;
    yield { seq, user };
  }
}

function requireStore(world: World, identityStoreId: string): void {
  if (identityStoreId === world.identityStoreId) return;
  throw new AwsError('ResourceNotFoundException', 'IDENTITY_STORE not found.', {
    ResourceType: 'IDENTITY_STORE',
    ResourceId: identityStoreId,
  });
}

function userNotFound(userId?: string): AwsError {
  const members = { ResourceType: 'USER', ...(userId !== undefined && { ResourceId: userId }) };
  return new AwsError('ResourceNotFoundException', 'USER not found.', members);
}

function userMembers(world: World, user: User): Output {
  return {
    IdentityStoreId: world.identityStoreId,
    UserId: user.id,
    UserName: user.userName,
    DisplayName: user.displayName,
    Emails: [{ Value: user.email, Type: 'work', Primary: true }],
    UserStatus: user.status,
  };
}
