// Which route a path means. Pure, case-sensitive, and never normalising: the path that is routed must be the very one
// that was signed, or a signature for one thing could be used for another.

export type Pattern = { readonly method: string; readonly path: string };
export type Match<R extends Pattern> = {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
};
export type RouteMatcher<R extends Pattern> = (method: string, path: string) => Match<R> | undefined;

/** Ids are short; what is longer cannot be a key of any table. */
const PARAMETER_LENGTH_MAX = 256;

/** Finds the route for a method and a raw path without query; undefined where there is none. */
export function routeMatcher<R extends Pattern>(routes: readonly R[]): RouteMatcher<R> {
  const patterns = routes.map((route) => ({
    route,
    expected: route.path.split('/').slice(1).map(readExpected),
  }));
  return (method, path) => {
    const segments = splitPath(path);
    if (segments === undefined) return undefined;
    for (const { route, expected } of patterns) {
      const params = route.method === method ? matchSegments(expected, segments) : undefined;
      if (params !== undefined) return { route, params };
    }
    return undefined;
  };
}

type Expected = { readonly fixed: string } | { readonly parameter: string };

function readExpected(text: string): Expected {
  const parameter = /^\{(\w+)\}$/.exec(text)?.[1];
  return parameter === undefined ? { fixed: text } : { parameter };
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
  return HIDDEN_SYNTAX.test(decoded) || decoded.length > PARAMETER_LENGTH_MAX ? undefined : { raw, decoded };
}

const HIDDEN_SYNTAX = /[/\\\p{Control}]/u;

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

// Fixed segments are compared as sent: `/%72equests` was signed as that, and names nothing here.
function matchSegments(
  expected: readonly Expected[],
  segments: readonly Segment[],
): Record<string, string> | undefined {
  if (expected.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const part = expected[at];
    if (part === undefined) return undefined;
    if ('parameter' in part) params[part.parameter] = segment.decoded;
    else if (part.fixed !== segment.raw) return undefined;
  }
  return params;
}
