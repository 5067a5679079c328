// Where calls go and which key signs them, from the environment. A secret is never an argument: every process of a
// machine can read the arguments of the others.

import { z } from 'zod';

export type Caller = {
  /** Its path, where it has one, is before every path that is called, and is not signed. */
  readonly apiUrl: URL;
  readonly key: { readonly id: string; readonly secret: string };
};
export type ParsedCaller =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly problems: readonly string[] };

const KeyFile = z.record(z.string().min(1), z.string().min(1));

/** `readFile` is handed in; what it throws is told. */
export function callerOf(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): ParsedCaller {
  const apiUrl = apiUrlOf(env.JIT_API_URL);
  const key = keyOf(env, readFile);
  const problems = [apiUrl, key].filter((found) => typeof found === 'string');
  if (typeof apiUrl === 'string' || typeof key === 'string') return { ok: false, problems };
  return { ok: true, caller: { apiUrl, key } };
}

function apiUrlOf(text: string | undefined): URL | string {
  const expected = 'expected the URL of the API, such as https://jit.example.com';
  if (!text) return `JIT_API_URL is not set: ${expected}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return `JIT_API_URL is "${text}": ${expected}`;
  // Not shown: what is wrong with it is that it holds what must not be printed.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'JIT_API_URL has a user, a query or a fragment: expected none of them';
  return url;
}

function keyOf(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Caller['key'] | string {
  const { JIT_KEY_FILE: file, JIT_KEY_ID: id, JIT_KEY_SECRET: secret } = env;
  if (file && secret) return 'JIT_KEY_FILE and JIT_KEY_SECRET are set: expected only one of them';
  if (file) return keyInFile(file, id, readFile);
  if (secret && id) return { id, secret };
  if (secret) return 'JIT_KEY_ID is not set: expected the id of the key in JIT_KEY_SECRET';
  return 'neither JIT_KEY_FILE nor JIT_KEY_SECRET is set: expected one of them';
}

/** The entry named `id`, else the only one. */
function keyInFile(
  file: string,
  id: string | undefined,
  readFile: (path: string) => string,
): Caller['key'] | string {
  let keys: Readonly<Record<string, string>>;
  try {
    keys = KeyFile.parse(JSON.parse(readFile(file)));
  } catch (error) {
    const isContent = error instanceof SyntaxError || error instanceof z.ZodError;
    // What a broken file holds may be a secret, and the error of a parser quotes it.
    const why = isContent ? 'not what it must be' : error instanceof Error ? error.message : 'not readable';
    return `JIT_KEY_FILE is "${file}", and it is ${why}: expected a file with {"id": "secret"}`;
  }
  const ids = Object.keys(keys);
  const chosen = id || (ids.length === 1 ? ids[0] : undefined);
  const secret = chosen === undefined ? undefined : keys[chosen];
  if (chosen !== undefined && secret !== undefined) return { id: chosen, secret };
  return `JIT_KEY_ID is ${id ? `"${id}"` : 'not set'}: expected one of the keys in JIT_KEY_FILE, ${ids.join(', ')}`;
}
