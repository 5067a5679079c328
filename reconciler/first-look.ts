// Whether a pair is looked at for the first time under the present scope: what is found there waits for a release, whoever
// looks. A pair that no completed sweep could read yet has not been looked at.

import { readChunkedList } from '../src/chunked-list.ts';
import { scopeFingerprint } from '../src/managed-scope.ts';
import type { Policy } from '../src/policy.ts';
import { publishedKey, UnreadPair } from '../src/published-state.ts';
import type { StoreReader } from '../src/store.ts';
import type { Pair } from './identity-center.ts';

export async function isFirstLook(
  store: Pick<StoreReader, 'get' | 'getMany'>,
  { scope }: Policy,
  pair: Pair,
): Promise<boolean> {
  const coverage = await readChunkedList(store, publishedKey('coverage', 'enforce'), { evenTorn: true });
  if (coverage === undefined || coverage.head.fingerprint !== scopeFingerprint(scope)) return true;
  return coverage.items.some((item) => {
    const unread = UnreadPair.safeParse(item);
    return (
      unread.success &&
      unread.data.never_read === true &&
      unread.data.permission_set_arn === pair.permissionSetArn &&
      (unread.data.account_id ?? pair.accountId) === pair.accountId
    );
  });
}
