import { describe, expect, test } from 'vitest';
import { classifyError, classifyFailureReason, isNotFound } from '../../src/aws/classify-error.ts';

function awsError(name: string, message = '', more: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } }, more);
}

function nodeError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe('classifyError()', () => {
  const CONFLICT = 'There is a conflicting operation in process.';
  const OUTSTANDING = 'There are too many requests processing. Please try again later.';
  const KMS = { Reason: 'KMS_AccessDeniedException' };

  test.each([
    ['a conflict', awsError('ConflictException', CONFLICT), { kind: 'conflict' }],
    ['the rate', awsError('ThrottlingException', 'Rate exceeded'), { kind: 'later', throttled: 'rate' }],
    ['a bare throttle', awsError('ThrottlingException'), { kind: 'later', throttled: 'rate' }],
    ['a throttled gateway', awsError('TooManyRequestsException'), { kind: 'later', throttled: 'rate' }],
    [
      'too many operations',
      awsError('ThrottlingException', OUTSTANDING),
      { kind: 'later', throttled: 'outstanding' },
    ],
    [
      'too many operations as a quota',
      awsError('ServiceQuotaExceededException', OUTSTANDING),
      { kind: 'later', throttled: 'outstanding' },
    ],
    ['HTTP 429', awsError('Whatever', '', status(429)), { kind: 'later', throttled: 'rate' }],
    ['a quota', awsError('ServiceQuotaExceededException', 'too many'), { kind: 'refused' }],
    ['no access', awsError('AccessDeniedException', 'not authorized'), { kind: 'refused' }],
    ['a bad input', awsError('ValidationException', 'syntax'), { kind: 'refused' }],
    ['nothing there', awsError('ResourceNotFoundException'), { kind: 'refused' }],
    ['a bad body', awsError('SerializationException'), { kind: 'refused' }],
    ['an unknown operation', awsError('UnknownOperationException'), { kind: 'refused' }],
    ['no access to the key', awsError('AccessDeniedException', '', KMS), { kind: 'later' }],
    [
      'a disabled key',
      awsError('ValidationException', '', { Reason: 'KMS_DisabledException' }),
      { kind: 'later' },
    ],
    [
      'no key',
      awsError('ResourceNotFoundException', '', { Reason: 'KMS_NotFoundException' }),
      { kind: 'later' },
    ],
    ['old credentials', awsError('ExpiredTokenException', ''), { kind: 'later' }],
    ['unknown credentials', awsError('UnrecognizedClientException', ''), { kind: 'later' }],
    ['a wrong signature', awsError('InvalidSignatureException', ''), { kind: 'later' }],
    ['no credentials', awsError('CredentialsProviderError', '', { $metadata: undefined }), { kind: 'later' }],
    ['no listener', nodeError('ECONNREFUSED'), { kind: 'later' }],
    ['no name', nodeError('ENOTFOUND'), { kind: 'later' }],
    ['no name for now', nodeError('EAI_AGAIN'), { kind: 'later' }],
    ['a reset', nodeError('ECONNRESET'), { kind: 'lost' }],
    ['a broken pipe', nodeError('EPIPE'), { kind: 'lost' }],
    ['a silent peer', nodeError('ETIMEDOUT'), { kind: 'lost' }],
    ['an unreachable host', nodeError('EHOSTUNREACH'), { kind: 'lost' }],
    ['a time-out', Object.assign(new Error('slow'), { name: 'TimeoutError' }), { kind: 'lost' }],
    ['an abort', Object.assign(new Error('gone'), { name: 'AbortError' }), { kind: 'lost' }],
    [
      'an internal error',
      awsError('InternalServerException', 'unexpected', { $metadata: { httpStatusCode: 500 } }),
      { kind: 'lost' },
    ],
    ['an unknown 5xx', awsError('ServiceUnavailable', '', status(503)), { kind: 'lost' }],
    ['an HTML page', new SyntaxError('Unexpected token <'), { kind: 'lost' }],
    ['an HTML page with HTTP 400', Object.assign(new SyntaxError('<'), status(400)), { kind: 'lost' }],
    ['an unknown client fault', awsError('NobodyHasSeenThisException', 'no'), { kind: 'later' }],
    ['HTTP 408', awsError('RequestTimeout', '', status(408)), { kind: 'lost' }],
    ['an unknown error', new Error('what'), { kind: 'lost' }],
    ['text', 'what', { kind: 'lost' }],
    ['nothing', undefined, { kind: 'lost' }],
    ['null', null, { kind: 'lost' }],
  ])('takes %s as it is', (_, error, expected) => {
    expect(classifyError(error)).toEqual({ ...expected, message: expect.any(String) });
  });

  function status(httpStatusCode: number) {
    return { $metadata: { httpStatusCode } };
  }

  test('names the error in the message, on one line and in 300 characters', () => {
    expect(classifyError(awsError('ConflictException', CONFLICT)).message).toBe(
      `ConflictException: ${CONFLICT}`,
    );
    expect(classifyError(awsError('ExpiredToken')).message).toBe('ExpiredToken');
    const { message } = classifyError(awsError('ValidationException', `a\n b ${'x'.repeat(500)}`));
    expect(message).toHaveLength(300);
    expect(message).toMatch(/^ValidationException: a b x+…$/);
  });
});

describe('isNotFound()', () => {
  test.each([
    [awsError('ResourceNotFoundException'), true],
    [awsError('ResourceNotFoundException', '', { Reason: 'KMS_NotFoundException' }), false],
    [awsError('AccessDeniedException', 'not found'), false],
    [nodeError('ENOTFOUND'), false],
    [undefined, false],
  ])('of %s is %s', (error, expected) => {
    expect(isNotFound(error)).toBe(expected);
  });
});

describe('classifyFailureReason()', () => {
  const NO_ITEM = "Received a 404 status error: EntitlementItem doesn't exist for the given input";
  const NO_USER = 'Received a 404 status error: the USER assignee x was not found in directory d-1';
  const LONGER = 'The operation takes longer than usual to complete';
  const INTERNAL = 'An unexpected internal service exception was encountered';

  test.each([
    ['DELETE', NO_ITEM, 'absent'],
    ['DELETE', NO_ITEM.replace("'", '’'), 'absent'],
    ['DELETE', NO_USER, 'refused'],
    ['DELETE', LONGER, 'later'],
    ['DELETE', INTERNAL, 'later'],
    ['DELETE', "EntitlementItem doesn't exist, said somebody else", 'later'],
    ['DELETE', 'nobody has seen this', 'later'],
    ['DELETE', undefined, 'later'],
    ['CREATE', NO_ITEM, 'refused'],
    ['CREATE', NO_USER, 'refused'],
    ['CREATE', LONGER, 'later'],
    ['CREATE', INTERNAL, 'later'],
    ['CREATE', 'nobody has seen this', 'later'],
    ['CREATE', '', 'later'],
  ] as const)('of %s takes %j as %s', (kind, reason, as) => {
    expect(classifyFailureReason(kind, reason)).toEqual({ as, message: reason || 'AWS gave no reason' });
  });

  test('keeps messages short', () => {
    expect(classifyFailureReason('DELETE', 'x'.repeat(1_000)).message).toHaveLength(300);
  });
});
