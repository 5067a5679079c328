// The patterns of AWS's service models, anchored. The SDK checks none of them, so the stand-in checks all.

/** AWS's words for a pattern are the part between the anchors; see `validate-input.ts`. */
export const PATTERNS = {
  instanceArn: /^(?:arn:aws(-[a-z]{1,5}){0,3}:sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16})$/,
  permissionSetArn:
    /^(?:arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet\/(sso)?ins-[a-zA-Z0-9-.]{16}\/ps-[a-zA-Z0-9-./]{16})$/,
  principalId:
    /^(?:([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12})$/,
  accountId: /^(?:\d{12})$/,
  requestId: /^(?:\b[0-9a-f]{8}\b-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-\b[0-9a-f]{12}\b)$/,
  nextToken: /^(?:[-a-zA-Z0-9+=/_]*)$/,
  identityStoreNextToken: /^(?:[-a-zA-Z0-9+=/:_]*)$/,
  identityStoreId: /^(?:d-[0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
  attributePath: /^(?:\p{L}+:\p{L}+:\p{L}+(?:\.\p{L}+){0,3}|\p{L}+(?:\.\p{L}+){0,2})$/u,
  taggableResourceArn:
    /^(?:arn:aws(-[a-z]{1,5}){0,3}:sso::((:instance\/(sso)?ins-[a-zA-Z0-9-.]{16})|(:permissionSet\/(sso)?ins-[a-zA-Z0-9-.]{16}\/ps-[a-zA-Z0-9-./]{16})|(\d{12}:application\/(sso)?ins-[a-zA-Z0-9-.]{16}\/apl-[a-zA-Z0-9]{16})))$/,
  tagText: /^(?:([\p{L}\p{Z}\p{N}_.:/=+\-@]*))$/u,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS allows tab and line ends in a policy
  policyDocument: /^(?:[\u0009\u000A\u000D\u0020-\u00FF]+)$/,
} as const;
