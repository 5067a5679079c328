// The errors that Identity Center and Identity Store answer with, as one throwable inside the stand-in.
// It must never carry anything that AWS would not send: the doors put it on the wire as it is.

export const AWS_ERROR_NAMES = [
  'AccessDeniedException',
  'ConflictException',
  'ExpiredTokenException',
  'InternalServerException',
  'ResourceNotFoundException',
  'SerializationException',
  'ServiceQuotaExceededException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException',
] as const;

export type AwsErrorName = (typeof AWS_ERROR_NAMES)[number];

/** Further members of an error body: what was not found, or why an encryption key stood in the way. */
export type AwsErrorMembers = { ResourceType?: string; ResourceId?: string; Reason?: string };

/** What each error says unless told otherwise. The conflict and throttling texts are those seen from AWS. */
const USUAL_MESSAGES: Record<AwsErrorName, string> = {
  AccessDeniedException: 'User is not authorized to perform this action.',
  ConflictException: 'There is a conflicting operation in process.',
  ExpiredTokenException: 'The security token included in the request is expired',
  InternalServerException: 'An unexpected internal service exception was encountered.',
  ResourceNotFoundException: 'The requested resource was not found.',
  SerializationException: 'The request could not be parsed.',
  ServiceQuotaExceededException: 'The number of resources exceeds the quota.',
  ThrottlingException: 'Rate exceeded',
  UnknownOperationException: 'The operation is not known to this service.',
  UnrecognizedClientException: 'The security token included in the request is invalid.',
  ValidationException: 'The request failed because it contains a syntax error.',
};

/** Most likely the limit of outstanding operations; the rate limit says `Rate exceeded`. */
export const TOO_MANY_OUTSTANDING = 'There are too many requests processing. Please try again later.';

export class AwsError extends Error {
  override readonly name: AwsErrorName;
  readonly members: AwsErrorMembers;

  constructor(name: AwsErrorName, message: string = USUAL_MESSAGES[name], members: AwsErrorMembers = {}) {
    super(message);
    this.name = name;
    this.members = members;
  }

  /** AWS JSON 1.1: client faults are 400, `InternalServerException` is 500. */
  get httpStatusCode(): 400 | 500 {
    return this.name === 'InternalServerException' ? 500 : 400;
  }
}
