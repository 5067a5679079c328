// Reads from IAM Identity Center through the call budget: one call, one call with further tries, or a whole list.
// A list is whole or it is nothing: what was read before a failure is never answered.

import { z } from 'zod';
import type { Priority } from '../priority.ts';
import type { CallBudget, Throttle } from './call-budget.ts';
import { classifyError, isNotFound } from './classify-error.ts';

/**
 * How often one call of a list is made when AWS throttles, fails or is not reached. One bad answer must not spoil a
 * sweep of thousands; more tries would hold a person's question back, and the next look is a try as well. There is no
 * pause in between but the budget's, which has slowed down by then.
 */
const TRIES_MAX = 3;

/** Of at most 100 rows each: a list of one pair or one permission set is never this long. Bounds what never ends. */
const PAGES_MAX = 10_000;

export type ReadFailure = {
  readonly kind: 'failed';
  readonly why: string;
  /** AWS says that what was asked for does not exist. */
  readonly notFound: boolean;
  /** Another try may be answered. */
  readonly passing: boolean;
  readonly throttled?: Throttle;
};

export type Reply =
  | { readonly kind: 'reply'; readonly reply: unknown; readonly throttled?: never }
  | ReadFailure;

export type Rows<Row> = { readonly kind: 'complete'; readonly rows: readonly Row[] } | ReadFailure;

/** A call's place in the budget; `begin` is called when it is made. */
export type Asked = {
  readonly priority: Priority;
  readonly key?: string;
  /** Before all that waits with the same priority. */
  readonly ahead?: boolean;
  readonly begin?: () => void;
};

/** One call. Rejects only when the budget is closed. */
export function readOnce(
  budget: Pick<CallBudget, 'read'>,
  asked: Asked,
  call: () => Promise<unknown>,
): Promise<Reply> {
  return budget.read(asked, async (): Promise<Reply> => {
    asked.begin?.();
    try {
      return { kind: 'reply', reply: await call() };
    } catch (error) {
      return toReadFailure(error);
    }
  });
}

/** One call, made again when it was throttled or failed in passing: reading twice changes nothing. */
export async function readPatiently(
  budget: Pick<CallBudget, 'read'>,
  asked: Asked,
  call: () => Promise<unknown>,
): Promise<Reply> {
  let reply = await readOnce(budget, asked, call);
  for (let tries = 1; tries < TRIES_MAX && reply.kind === 'failed' && reply.passing; tries += 1) {
    // The key stood for a question that had not begun; by now it has. Its priority may have become earlier.
    reply = await readOnce(budget, { priority: asked.priority }, call);
  }
  return reply;
}

/**
 * Every row of a list, as `schema` reads them from the replies. Pages may be short or empty; only a token that is absent or empty
 * ends the list (order and consistency of pages are undocumented). A token that comes again would go round for ever.
 */
export async function readPages<Row>(
  budget: Pick<CallBudget, 'read'>,
  asked: Asked,
  call: (nextToken: string | undefined) => Promise<unknown>,
  schema: z.ZodType<readonly Row[]>,
): Promise<Rows<Row>> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  let nextToken: string | undefined;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const token = nextToken;
    const place = page === 1 ? asked : { priority: asked.priority };
    const reply = await readPatiently(budget, place, () => call(token));
    if (reply.kind === 'failed') return reply;
    const parsed = schema.safeParse(reply.reply);
    if (!parsed.success) return unusable(explainReply(parsed.error));
    const next = Token.safeParse(reply.reply);
    if (!next.success) return unusable(explainReply(next.error));
    for (const row of parsed.data) rows.push(row);
    nextToken = next.data.NextToken || undefined;
    if (nextToken === undefined) return { kind: 'complete', rows };
    if (seen.has(nextToken)) return unusable('AWS repeated a NextToken');
    seen.add(nextToken);
  }
  return unusable(`AWS answered more than ${PAGES_MAX} pages`);
}

/** The answer came, and cannot be used. */
export function unusable(why: string): ReadFailure {
  return { kind: 'failed', why, notFound: false, passing: false };
}

/** The first few things that are wrong with a reply. */
export function explainReply(error: z.ZodError): string {
  const issues = error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return `unexpected reply: ${issues.join('; ')}`.slice(0, 300);
}

const Token = z.object({ NextToken: z.string().nullish() });

function toReadFailure(error: unknown): ReadFailure {
  const { kind, message, throttled } = classifyError(error);
  return {
    kind: 'failed',
    why: message,
    notFound: isNotFound(error),
    passing: kind === 'later' || kind === 'lost',
    ...(throttled === undefined ? {} : { throttled }),
  };
}
