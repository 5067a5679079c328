// The one place that says what an error of IAM Identity Center means, thrown or as the reason of a failed operation.
// It must never take an error for a success: a conflict is not "already gone", a 404 is not "nothing to do".

import type { Failure } from '../ledger.ts';
import type { Throttle } from './call-budget.ts';

export type ClassifiedError = Pick<Failure, 'kind' | 'message'> & { readonly throttled?: Throttle };

export type ClassifiedReason = {
  readonly as: 'absent' | 'later' | 'refused';
  readonly message: string;
};

/** Messages are stored with the ledger row and shown in lists. */
const MESSAGE_LENGTH_MAX = 300;

type ErrorRow = {
  readonly names: readonly string[];
  /** Where the name alone does not tell. */
  readonly text?: RegExp;
  readonly kind: Failure['kind'];
  readonly throttled?: Throttle;
};

/**
 * What was thrown, by `name` or by `code`; the first row that fits. `lost` is whatever leaves open whether AWS acted,
 * `later` what AWS surely did not do and may do another time, `refused` what needs a person.
 */
const ERRORS: readonly ErrorRow[] = [
  // "There is a conflicting operation in process": something runs on the same assignment or near it.
  { names: ['ConflictException'], kind: 'conflict' },
  // The organisation's encryption key does not answer: says nothing of the assignment (`Reason` in the SSO Admin API).
  {
    names: ['AccessDeniedException', 'ValidationException', 'ResourceNotFoundException'],
    text: /^KMS_/,
    kind: 'later',
  },
  // Most likely the limit of outstanding operations; the rate limit says "Rate exceeded". Both are HTTP 400.
  {
    names: ['ThrottlingException', 'ServiceQuotaExceededException'],
    text: /too many requests processing/i,
    kind: 'later',
    throttled: 'outstanding',
  },
  {
    names: ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'],
    kind: 'later',
    throttled: 'rate',
  },
  // Answered before the service looked at the request. Our credentials or our clock are at fault, for every request
  // alike: ending one approved request after the other over them would be wrong.
  {
    names: [
      'CredentialsProviderError',
      'TokenProviderError',
      'ExpiredToken',
      'ExpiredTokenException',
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'IncompleteSignature',
      'MissingAuthenticationTokenException',
      'RequestExpired',
    ],
    kind: 'later',
  },
  // No connection was made, so nothing was sent.
  { names: ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'], kind: 'later' },
  // Delegated administrators get AccessDenied for the management account and the permission sets assigned there.
  {
    names: [
      'AccessDeniedException',
      'ValidationException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
      'SerializationException',
      'UnknownOperationException',
    ],
    kind: 'refused',
  },
  // A 500 may come after the commit. An HTML page of a gateway surfaces in the SDK as SyntaxError.
  { names: ['InternalServerException', 'SyntaxError'], kind: 'lost' },
  { names: ['TimeoutError', 'AbortError', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'], kind: 'lost' },
];

/** What a thrown error means. Unknown errors are `lost`, but `later` where AWS answered with a client fault. */
export function classifyError(error: unknown): ClassifiedError {
  const seen = describeError(error);
  const message = shorten(seen.message === '' ? seen.name : `${seen.name}: ${seen.message}`);
  const row = ERRORS.find(
    ({ names, text }) =>
      names.some((name) => name === seen.name || name === seen.code) &&
      (text === undefined || text.test(seen.message) || text.test(seen.reason)),
  );
  if (row === undefined) return { ...unknownError(seen), message };
  return { kind: row.kind, message, ...(row.throttled === undefined ? {} : { throttled: row.throttled }) };
}

/**
 * Whether AWS says that what was asked for does not exist. Only a hint: a wrong instance says the same, and so does an
 * encryption key that is not found, which is why that one is excluded.
 */
export function isNotFound(error: unknown): boolean {
  const { name, reason } = describeError(error);
  return name === 'ResourceNotFoundException' && !reason.startsWith('KMS_');
}

type ReasonRow = {
  readonly kinds: readonly ('CREATE' | 'DELETE')[];
  readonly text: RegExp;
  readonly as: ClassifiedReason['as'];
};

/** The FailureReasons seen from AWS; the first row that fits. */
const REASONS: readonly ReasonRow[] = [
  // The assignment was not there. Whoever hears this still looks at a list: only that is proof.
  {
    kinds: ['DELETE'],
    text: /^Received a 404 status error\b.*EntitlementItem doesn['’]t exist/is,
    as: 'absent',
  },
  // The prefix is generic: "… the USER assignee … was not found in directory …" has it too. A person must look: also at
  // a deletion, which can fail for ever when its user was deleted.
  { kinds: ['CREATE', 'DELETE'], text: /^Received a 404 status error\b/i, as: 'refused' },
  // A suspended account hangs for minutes and then says so; it may come back.
  { kinds: ['CREATE', 'DELETE'], text: /takes longer than usual/i, as: 'later' },
  { kinds: ['CREATE', 'DELETE'], text: /internal service exception/i, as: 'later' },
];

/**
 * What the FailureReason of an operation means. Reasons that nobody has seen yet are `later` for both: a deletion is
 * never given up, and a creation is bounded by its end time. Taking a passing trouble for a refusal would cost a new
 * request and a new approval; the other mistake costs a few backed-off calls, and shows as stuck.
 */
export function classifyFailureReason(
  kind: 'CREATE' | 'DELETE',
  reason: string | undefined,
): ClassifiedReason {
  const message = shorten(reason === undefined || reason === '' ? 'AWS gave no reason' : reason);
  const row = REASONS.find(({ kinds, text }) => kinds.includes(kind) && text.test(reason ?? ''));
  return { as: row?.as ?? 'later', message };
}

type SeenError = {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly reason: string;
  readonly status: number | undefined;
};

/** 408 leaves open what was received. 429 is how a gateway says throttled. */
function unknownError({ status }: SeenError): Omit<ClassifiedError, 'message'> {
  if (status === 429) return { kind: 'later', throttled: 'rate' };
  const isClientFault = status !== undefined && status >= 400 && status < 500 && status !== 408;
  return { kind: isClientFault ? 'later' : 'lost' };
}

/** Reads an error without trusting its shape: the SDK, Node and proxies all throw their own. */
function describeError(error: unknown): SeenError {
  const status = member(member(error, '$metadata'), 'httpStatusCode');
  return {
    name: textOf(member(error, 'name')) || 'Error',
    code: textOf(member(error, 'code')),
    message: textOf(member(error, 'message')) || textOf(member(error, 'Message')) || textOf(error),
    reason: textOf(member(error, 'Reason')),
    status: typeof status === 'number' ? status : undefined,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MESSAGE_LENGTH_MAX ? line : `${line.slice(0, MESSAGE_LENGTH_MAX - 1)}…`;
}
