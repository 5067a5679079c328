// Pages of a list. The token is opaque to callers and bound to its request: one from another list is refused.

import { AwsError } from './aws-error.ts';
import { type Call, drawShare } from './call.ts';

export type PagedInput = { MaxResults?: number | undefined; NextToken?: string | undefined };

type Page<Row> = { rows: Row[]; next: { NextToken?: string } };

/** The rows after the token's position. They must come in ascending `seq`. */
export function takePage<Row extends { seq: number }>(
  call: Call<PagedInput>,
  rows: Iterable<Row>,
): Page<Row> {
  const after = positionOf(call);
  const limit = rowsOfThisPage(call);
  const taken: Row[] = [];
  for (const row of rows) {
    if (row.seq <= after) continue;
    if (taken.length === limit) return { rows: taken, next: nextToken(call, taken.at(-1)?.seq ?? after) };
    taken.push(row);
  }
  return { rows: taken, next: call.world.settings.lastPageToken === 'empty' ? { NextToken: '' } : {} };
}

/** Pages 1–100; short pages happen, and empty ones with a token. */
function rowsOfThisPage({ world, input, fault }: Call<PagedInput>): number {
  const { pageRowsMax, shortPageShare, emptyPageShare } = world.settings;
  if (fault?.kind === 'empty-page' || drawShare(world.random, emptyPageShare)) return 0;
  const limit = Math.min(input.MaxResults ?? 100, pageRowsMax);
  if (fault?.kind === 'short-page') return Math.min(limit, fault.rows);
  return drawShare(world.random, shortPageShare) ? 1 + Math.floor(world.random() * limit) : limit;
}

function nextToken(call: Call<PagedInput>, position: number): { NextToken: string } {
  return { NextToken: Buffer.from(`${position}.${fingerprint(call)}`).toString('base64url') };
}

function positionOf(call: Call<PagedInput>): number {
  const { NextToken } = call.input;
  if (NextToken === undefined || NextToken === '') return 0;
  const [position, mark] = Buffer.from(NextToken, 'base64url').toString().split('.');
  if (mark !== fingerprint(call) || !/^\d+$/.test(position ?? '')) {
    throw new AwsError('ValidationException', 'The provided NextToken is not valid for this request.');
  }
  return Number(position);
}

/** FNV-1a of what the list was asked for, paging apart. */
function fingerprint({ operation, input }: Call<PagedInput>): string {
  const asked = operation + JSON.stringify({ ...input, MaxResults: undefined, NextToken: undefined });
  let hash = 0x811c9dc5;
  for (let index = 0; index < asked.length; index += 1) {
    hash = Math.imul(hash ^ asked.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}
