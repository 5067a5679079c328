// Rows for many requests, as copies of what the real handlers and the real loop wrote for one: the bench invents none.

import type { Assignment } from '../../src/assignment.ts';
import type { Row } from '../../src/store.ts';
import { ADMIN, ANA, DEV, SECOND, type World } from '../../test/world.ts';

export type RequestRows = { readonly request: Row; readonly ledger: Row };

/** One request as it lies there approved, and one as it lies there granted. Ends with nothing running. */
export async function templates(world: World): Promise<{ approved: RequestRows; granted: RequestRows }> {
  const id = await world.ask(ANA, { minutes: 240 });
  await world.approve(id);
  const approved = rowsOf(world, id);
  const process = world.start();
  for (let i = 0; i < 60 && world.row(id).status !== 'GRANTED'; i += 1) await world.advance(SECOND);
  const granted = rowsOf(world, id);
  await process.stop();
  return { approved, granted };
}

function rowsOf(world: World, id: string): RequestRows {
  const [ledger] = world.ledger();
  if (ledger === undefined) throw new Error('the template has no ledger row');
  return { request: world.row(id), ledger };
}

/** The same rows for another request. `ids` are the template's request id and the new one. */
export function copyRows(
  { request, ledger }: RequestRows,
  { requestId, assignment }: { readonly requestId: string; readonly assignment: Assignment },
): RequestRows {
  // The id of the person first: the account's number is a part of it.
  const replaced = [
    [String(request.request_id), requestId],
    [ANA.id, assignment.principalId],
    [DEV, assignment.accountId],
    [ADMIN, assignment.permissionSetArn],
  ] as const;
  const copy = (row: Row): Row =>
    JSON.parse(replaced.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(row)));
  return { request: copy(request), ledger: copy(ledger) };
}
