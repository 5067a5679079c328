// The API's ports, each answer with a time limit. The plugin gives up after ten seconds, and a call makes several reads
// and writes: one that hangs must leave time to say so.

import type { Timer } from '../src/clock.ts';
import { type Directory, DirectoryError } from '../src/directory.ts';
import { withStoreLimit } from '../src/limited-store.ts';
import { isTimeout, withTimeLimit } from '../src/time-limit.ts';
import type { ApiDeps } from './api-deps.ts';

/** Two attempts of 1.5 s are made below it, and a pause between them: what takes longer never comes. */
const STORE_ANSWER_MAX_MS = 4_000;
/** A user is asked for by name, by address, and then described; each is tried twice, for 2 s. */
const DIRECTORY_ANSWER_MAX_MS = 9_000;

export function withCallLimits(deps: ApiDeps): ApiDeps {
  const { store, directory, clock } = deps;
  return {
    ...deps,
    store: withStoreLimit(store, clock, STORE_ANSWER_MAX_MS),
    directory: limitedDirectory(directory, clock),
  };
}

function limitedDirectory(directory: Directory, timer: Timer): Directory {
  const limited = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await withTimeLimit(timer, DIRECTORY_ANSWER_MAX_MS, action, work);
    } catch (error) {
      if (error instanceof DirectoryError || !isTimeout(error)) throw error;
      throw new DirectoryError(action, { cause: error });
    }
  };
  return {
    findUser: (email) => limited('look a user up', () => directory.findUser(email)),
    findPrincipal: (id) => limited('describe a user', () => directory.findPrincipal(id)),
  };
}
