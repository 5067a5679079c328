// Where keys come from. Choosing is pure; reading them is another file's work, and again and again.

import { type Parsed, parseCallbackSecret, parseOpsKeys, parsePluginKeys } from './signing-keys.ts';

/** `literal` holds the secret itself: whoever prints a source must go through `describeKeySource`. */
export type KeySource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'secret'; readonly arn: string }
  | { readonly from: 'literal'; readonly text: string };

type Variables = { readonly literal: string; readonly file: string; readonly secret: string };

/** The three variables of each set of keys, of which exactly one is to be set. */
export const KeyVariables = {
  plugin: { literal: 'SIGNING_KEYS', file: 'SIGNING_KEYS_FILE', secret: 'SIGNING_SECRET_ARN' },
  ops: { literal: 'OPS_KEYS', file: 'OPS_KEYS_FILE', secret: 'OPS_SECRET_ARN' },
  callback: { literal: 'CALLBACK_KEYS', file: 'CALLBACK_KEYS_FILE', secret: 'CALLBACK_SIGNING_SECRET_ARN' },
} as const satisfies Record<string, Variables>;
export type KeyPurpose = keyof typeof KeyVariables;

export type ChosenSource = { readonly source?: KeySource; readonly problems: readonly string[] };

/**
 * The one source that is set for `purpose`. None is a problem, except for ops keys; two always are. `webhookKeyId` is
 * the entry that a literal with several callback keys must have.
 */
export function chooseKeySource(
  purpose: KeyPurpose,
  { settings, malformed }: { readonly settings: object; readonly malformed: ReadonlySet<string> },
  webhookKeyId = '',
): ChosenSource {
  const values: Readonly<Record<string, unknown>> = { ...settings };
  const variables = KeyVariables[purpose];
  const names = [variables.literal, variables.file, variables.secret];
  const set = names.filter((name) => values[name] !== undefined || malformed.has(name));
  // Two sources would leave it to chance which secret is valid after a rotation.
  if (set.length > 1) return { problems: [`${set.join(' and ')} are set: expected only one of them`] };
  if (set.length === 0 && purpose !== 'ops') {
    return { problems: [`none of ${names.join(', ')} is set: expected one of them`] };
  }
  const source = sourceOf(variables, values);
  if (source === undefined) return { problems: [] };
  const problems = source.from === 'literal' ? problemsOf(purpose, source.text, webhookKeyId) : [];
  return { source, problems };
}

/** A source as it may be printed. */
export function describeKeySource(source: KeySource): string {
  if (source.from === 'file') return `file ${source.path}`;
  return source.from === 'secret' ? `secret ${source.arn}` : '(hidden)';
}

function sourceOf(variables: Variables, settings: Readonly<Record<string, unknown>>): KeySource | undefined {
  const text = (name: string) => (typeof settings[name] === 'string' ? settings[name] : undefined);
  const [path, arn, literal] = [text(variables.file), text(variables.secret), text(variables.literal)];
  if (path !== undefined) return { from: 'file', path };
  if (arn !== undefined) return { from: 'secret', arn };
  return literal === undefined ? undefined : { from: 'literal', text: literal };
}

// A literal is at hand, so it is checked with everything else; files and secrets are when they are first read.
function problemsOf(purpose: KeyPurpose, text: string, webhookKeyId: string): string[] {
  const parsers: Record<KeyPurpose, () => Parsed<unknown>> = {
    plugin: () => parsePluginKeys(text),
    ops: () => parseOpsKeys(text),
    callback: () => parseCallbackSecret(text, webhookKeyId),
  };
  const parsed = parsers[purpose]();
  const name = KeyVariables[purpose].literal;
  return parsed.ok ? [] : parsed.problems.map((problem) => `${name} is (hidden): ${problem}`);
}
