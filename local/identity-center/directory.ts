// The index from a user's unique attributes to the user, kept in step with the users.

import type { User } from './organisation.ts';
import type { World } from './world.ts';

export type UniquePath = 'userName' | 'emails.value';

export function putUser(world: World, user: User): void {
  removeUser(world, user.id);
  world.users.set(user.id, user);
  for (const key of keysOf(user)) world.directory.set(key, user.id);
}

export function removeUser(world: World, userId: string): void {
  const user = world.users.get(userId);
  if (user === undefined) return;
  for (const key of keysOf(user)) world.directory.delete(key);
  world.users.delete(userId);
}

/** Whether case counts is unverified, hence a setting. */
export function findUserId(world: World, path: UniquePath, value: string): string | undefined {
  const isExact = world.settings.directoryLookup === 'exact';
  return world.directory.get(isExact ? exactKey(path, value) : foldedKey(path, value));
}

function keysOf({ userName, email }: User): string[] {
  const attributes = [
    ['userName', userName],
    ['emails.value', email],
  ] as const;
  return attributes.flatMap(([path, value]) => [exactKey(path, value), foldedKey(path, value)]);
}

function exactKey(path: UniquePath, value: string): string {
  return `exact ${path} ${value}`;
}

function foldedKey(path: UniquePath, value: string): string {
  return `folded ${path} ${value.toLowerCase()}`;
}
