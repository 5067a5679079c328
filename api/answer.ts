// What a call is answered with, as plain data: who makes an answer never touches the connection.

/** `lines` are sent as they come, one JSON document a line. */
export type Answer =
  | { readonly status: 200 | 201 | 202; readonly body: object }
  | { readonly status: 200; readonly lines: AsyncIterable<object> };

export function ok(body: object): Answer {
  return { status: 200, body };
}
