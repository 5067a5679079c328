// Which route a path means. Pure, case-sensitive, and never normalising: the path that is routed must be the very one
// that was signed, or a signature for one thing could be used for another.

export type Pattern = { readonly method: string; readonly path: string };
export type Match<R extends Pattern> = {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
};

/** Ids are short; what is longer cannot be a key of any table. */
const PARAMETER_LENGTH_MAX = 256;

/** The route for a method and a raw path without query; undefined where there is none. */
export function matchRoute<R extends Pattern>(
  routes: readonly R[],
  method: string,
  path: string,
): Match<R> | undefined {
  const segments = splitPath(path);
  if (segments === undefined) return undefined;
  for (const route of routes) {
    const params = route.method === method ? matchPattern(route.path, segments) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

type Segment = { readonly raw: string; readonly decoded: string };

/**
 * The segments of a path; undefined where any of them is empty, a dot segment, or hides a `/`, a `\` or a control
 * character: a proxy in front may read such a path as another one than we do.
 */
function splitPath(path: string): readonly Segment[] | undefined {
  const segments = path.split('/').slice(1).map(readSegment);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

function readSegment(raw: string): Segment | undefined {
  const decoded = decode(raw);
  if (decoded === undefined || decoded === '' || decoded === '.' || decoded === '..') return undefined;
  return hidesSyntax(decoded) || decoded.length > PARAMETER_LENGTH_MAX ? undefined : { raw, decoded };
}

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

function hidesSyntax(text: string): boolean {
  return [...text].some((character) => {
    const code = character.charCodeAt(0);
    return character === '/' || character === '\\' || code < 0x20 || (code >= 0x7f && code <= 0x9f);
  });
}

// Fixed segments are compared as sent: `/%72equests` was signed as that, and names nothing here.
function matchPattern(pattern: string, segments: readonly Segment[]): Record<string, string> | undefined {
  const expected = pattern.split('/').slice(1);
  if (expected.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const name = /^\{(\w+)\}$/.exec(expected[at] ?? '')?.[1];
    if (name !== undefined) params[name] = segment.decoded;
    else if (expected[at] !== segment.raw) return undefined;
  }
  return params;
}
