// Who an operator means by an e-mail address or a user id. The directory and the requests are both asked: in an incident
// the one may be down, and a user who was deleted and made again has rows under two ids.

import { type Directory, type DirectoryAnswer, DirectoryError } from '../src/directory.ts';
import type { Log } from '../src/log.ts';
import { holdKey } from '../src/principal-hold.ts';
import { normalizeEmail, parseRequestRow, type RequestRow, RequestStatuses } from '../src/request.ts';
import { queryAll, type StoreReader } from '../src/store.ts';

export type PersonName = { readonly email?: string | undefined; readonly principal_id?: string | undefined };

export type Persons = {
  readonly principalIds: readonly string[];
  /** Normalised. */
  readonly emails: readonly string[];
  /** False where the directory could not be asked: then only the rows spoke. */
  readonly directoryAnswered: boolean;
};

type Deps = {
  readonly store: Pick<StoreReader, 'get' | 'query'>;
  readonly directory: Directory;
  readonly log: Log;
};

/** Everybody who is meant; no ids where nobody is known. */
export async function findPersons(deps: Deps, name: PersonName): Promise<Persons> {
  const asked = await askDirectory(deps, name);
  const user = asked?.kind === 'found' ? asked : undefined;
  const emails = new Set([...(user?.emails ?? []), ...(name.email ? [name.email] : [])].map(normalizeEmail));
  const principalIds = new Set(user === undefined ? [] : [user.principalId]);
  if (name.email !== undefined)
    for await (const request of requestsByEmail(deps.store, normalizeEmail(name.email)))
      if (request.identity_store_user_id !== undefined) principalIds.add(request.identity_store_user_id);
  if (name.email !== undefined && principalIds.size === 0)
    for (const id of await principalsByOpenRequests(deps.store, normalizeEmail(name.email)))
      principalIds.add(id);
  if (name.principal_id !== undefined && (await isKnown(deps.store, name.principal_id)))
    principalIds.add(name.principal_id);
  return { principalIds: [...principalIds], emails: [...emails], directoryAnswered: asked !== undefined };
}

async function askDirectory(deps: Deps, name: PersonName): Promise<DirectoryAnswer | undefined> {
  try {
    if (name.principal_id !== undefined) return await deps.directory.findPrincipal(name.principal_id);
    const typed = name.email ?? '';
    const found = await deps.directory.findUser(typed);
    return found.kind === 'found' ? found : await deps.directory.findUser(normalizeEmail(typed));
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    deps.log.warn('the directory cannot be asked; the requests decide who is meant', { error });
    return undefined;
  }
}

/** Rows of the previous deployment hold addresses as they were typed, and the index on them is exact. */
async function principalsByOpenRequests(
  store: Pick<StoreReader, 'query'>,
  email: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const request of requestsWithWork(store))
    if (normalizeEmail(request.requester_email) === email) ids.push(request.identity_store_user_id ?? '');
  return ids.filter((id) => id !== '');
}

/** A user id that the directory does not tell: known where it was held before, or where an open request names it. */
async function isKnown(store: Deps['store'], principalId: string): Promise<boolean> {
  if ((await store.get('control', holdKey(principalId))) !== undefined) return true;
  for await (const request of requestsWithWork(store))
    if (request.identity_store_user_id === principalId) return true;
  return false;
}

/** Every request of an address, the newest first. An index: it may lag. */
export async function* requestsByEmail(
  store: Pick<StoreReader, 'query'>,
  email: string,
): AsyncGenerator<RequestRow> {
  const rows = queryAll(store, {
    table: 'requests',
    index: 'gsi_requester_created',
    partition: { attribute: 'requester_email', value: email },
    descending: true,
  });
  for await (const row of rows) {
    const request = parseRequestRow(row);
    if (request !== undefined) yield request;
  }
}

/** Every request that the loop still has to look at, in whatever status it was typed. An index: it may lag. */
export async function* requestsWithWork(store: Pick<StoreReader, 'query'>): AsyncGenerator<RequestRow> {
  for (const status of RequestStatuses) {
    const partition = { attribute: 'status', value: status };
    for await (const row of queryAll(store, { table: 'requests', index: 'gsi_status_due', partition })) {
      const request = parseRequestRow(row);
      if (request !== undefined) yield request;
    }
  }
}
