// Puts the pages of a list together, so that the watchers know what a process has been told of a pair, and since when.

import type { SdkCommand } from '../../local/identity-center/in-process-client.ts';
import type { Listed } from './watcher.ts';

type Partial = { readonly begunMs: number; readonly principalIds: Set<string> };
type Reply = {
  readonly AccountAssignments?: readonly { readonly PrincipalType: string; readonly PrincipalId: string }[];
  readonly NextToken?: string;
};

export function createPairLists(by: string, nowMs: () => number, onListed: (listed: Listed) => void) {
  /** Lists of which more pages are to come, by the token of the next. */
  const open = new Map<string, Partial>();
  return {
    /** Hands `answer` through. */
    async observe(command: SdkCommand, answer: Promise<unknown>): Promise<unknown> {
      if (command.constructor.name !== 'ListAccountAssignmentsCommand') return answer;
      const input = command.input as Readonly<Record<string, string | undefined>>;
      const pair = `${input.AccountId}#${input.PermissionSetArn}`;
      const token = input.NextToken;
      const known = token === undefined ? undefined : open.get(`${pair} ${token}`);
      const list = { begunMs: known?.begunMs ?? nowMs(), principalIds: new Set(known?.principalIds) };
      const reply = (await answer.catch((error: unknown) => {
        // Whether that means an empty list is for the reader to find out; the watchers go by the truth then.
        if (isNotFound(error)) onListed({ by, pair, ...list });
        throw error;
      })) as Reply;
      for (const row of reply.AccountAssignments ?? [])
        if (row.PrincipalType === 'USER') list.principalIds.add(row.PrincipalId);
      if (reply.NextToken) open.set(`${pair} ${reply.NextToken}`, list);
      else onListed({ by, pair, ...list });
      return reply;
    },
  };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}
