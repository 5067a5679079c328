// Whether the tables are those of another organisation, asked once at start.

import { deploymentProblems } from '../src/deployment.ts';
import type { Log } from '../src/log.ts';
import type { StoreReader } from '../src/store.ts';

/**
 * Tables of another organisation are a mistake to stop at. Tables that do not answer are not: a revoke needs no more than
 * its own row, and must not wait for the one that says whose they are.
 */
export async function foreignTables(
  store: Pick<StoreReader, 'get'>,
  config: { readonly instanceArn: string; readonly tables: { readonly requests: string } },
  log: Pick<Log, 'error'>,
): Promise<readonly string[]> {
  const { instanceArn, tables } = config;
  try {
    return await deploymentProblems(store, { instanceArn, requestsTable: tables.requests });
  } catch (error) {
    log.error('the tables do not say yet whose they are', { error });
    return [];
  }
}
