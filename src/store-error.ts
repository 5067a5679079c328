// A failure of the tables that says nothing about the rows: what was asked for may or may not have been written.

/**
 * Thrown by every `Store` for whatever is not an expected outcome. After a failed write it is unknown whether the
 * write happened; `action` names what was tried (`write jit_requests, jit_audit`), `cause` is the original error.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly action: string;

  constructor(action: string, options: { readonly cause: unknown }) {
    super(`could not ${action}: ${describe(options.cause)}`, options);
    this.action = action;
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
