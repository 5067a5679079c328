// The keys that callers sign with, and the one that notifications are signed with. Pure: it is handed the text and
// never says any of it in a problem, only ids.

export type SigningKey = { readonly id: string; readonly secret: string };

/** `single`: one secret without an id, valid under any key id (the previous deployment stores it so). */
export type KeySet =
  | { readonly kind: 'named'; readonly keys: readonly SigningKey[] }
  | { readonly kind: 'single'; readonly secret: string };

/** Plugin keys are for chat actions; ops keys for operators' actions, and all that plugin keys may. */
export type KeySetName = 'plugin' | 'ops';
export type KeySets = { readonly plugin: KeySet; readonly ops?: KeySet };

/** `problems` are sentences without any secret in them. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The id under which nonces are kept for a secret that has none. The id that the caller sends is not signed: kept under
 * that one, a request could be sent again under another.
 */
export const SINGLE_KEY_ID = '(single)';

/** Both sets of callers' keys. Refused where an id or a secret stands twice, within a set or across the two. */
export function parseKeySets(texts: { readonly plugin: string; readonly ops?: string }): Parsed<KeySets> {
  const plugin = parsePluginKeys(texts.plugin);
  const ops = texts.ops === undefined ? undefined : parseOpsKeys(texts.ops);
  const problems = [...problemsOf('plugin', plugin), ...problemsOf('ops', ops)];
  if (!plugin.ok || ops?.ok === false) return { ok: false, problems };
  const sets: KeySets =
    ops === undefined ? { plugin: plugin.value } : { plugin: plugin.value, ops: ops.value };
  const repeated = repetitions([...keysOf(sets.plugin), ...keysOf(sets.ops)]);
  return repeated.length === 0 ? { ok: true, value: sets } : { ok: false, problems: repeated };
}

/** A JSON object of ids to secrets; any other text is one secret, valid under any key id. */
export function parsePluginKeys(text: string): Parsed<KeySet> {
  if (looksLikeObject(text)) return parseNamedKeys(text);
  if (text.trim() === '') return refused('the secret is empty');
  return { ok: true, value: { kind: 'single', secret: text } };
}

/** A JSON object of ids to secrets, and nothing else: who acts as an operator must be told apart by an id. */
export function parseOpsKeys(text: string): Parsed<KeySet> {
  return looksLikeObject(text) ? parseNamedKeys(text) : refused('expected a JSON object {"id": "secret"}');
}

/**
 * The secret that notifications are signed with: the entry named `keyId` (`PLUGIN_WEBHOOK_KEY_ID`), else the only one.
 * Several without that name are refused, because the plugin would refuse every notification signed with the wrong one.
 */
export function parseCallbackSecret(text: string, keyId: string): Parsed<string> {
  const parsed = parsePluginKeys(text);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'single') return { ok: true, value: parsed.value.secret };
  const { keys } = parsed.value;
  const chosen = keys.find((key) => key.id === keyId) ?? (keys.length === 1 ? keys[0] : undefined);
  if (chosen !== undefined) return { ok: true, value: chosen.secret };
  return refused(`several keys (${keys.map((key) => key.id).join(', ')}) and none is named "${keyId}"`);
}

export type FoundKey = {
  readonly set: KeySetName;
  /** The id as configured: the one under which nonces are kept, and which names the caller in records. */
  readonly keyId: string;
  readonly secret: string;
};

/** The key that a caller naming `keyId` must have signed with; undefined where there is none. */
export function findKey(sets: KeySets, keyId: string): FoundKey | undefined {
  const named = (key: SigningKey) => key.id === keyId;
  const ops = keysOf(sets.ops).find(named);
  if (ops !== undefined) return { set: 'ops', keyId: ops.id, secret: ops.secret };
  const plugin = keysOf(sets.plugin).find((key) => sets.plugin.kind === 'single' || named(key));
  return plugin === undefined ? undefined : { set: 'plugin', keyId: plugin.id, secret: plugin.secret };
}

function keysOf(set: KeySet | undefined): readonly SigningKey[] {
  if (set === undefined) return [];
  return set.kind === 'named' ? set.keys : [{ id: SINGLE_KEY_ID, secret: set.secret }];
}

// A text that opens like an object and is broken is a slip of the pen in the key file, not a secret: taken for one, it
// would replace all keys by a key that nobody has.
function looksLikeObject(text: string): boolean {
  return text.trimStart().startsWith('{');
}

function parseNamedKeys(text: string): Parsed<KeySet> {
  const object = parseObject(text);
  if (object === undefined) return refused('not valid JSON; expected {"id": "secret"}');
  const entries = Object.entries(object);
  if (entries.length === 0) return refused('no key in it; expected {"id": "secret"}');
  const keys = entries.flatMap(([id, secret]) => (typeof secret === 'string' ? [{ id, secret }] : []));
  if (keys.length < entries.length) return refused('expected a text as the secret of every id');
  if (keys.some((key) => key.id.trim() === '')) return refused('an id is empty');
  const empty = keys.find((key) => key.secret.trim() === '');
  if (empty !== undefined) return refused(`the secret of key "${empty.id}" is empty`);
  if (hasRepeatedId(text, keys.length)) return refused('an id is given twice');
  const repeated = repetitions(keys);
  return repeated.length === 0
    ? { ok: true, value: { kind: 'named', keys } }
    : { ok: false, problems: repeated };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

// JSON.parse silently keeps the last of two entries with one id, and with it a secret that was meant to be gone.
// Each entry it keeps is two strings here, and each it drops holds at least its id, so any string more is a repetition.
function hasRepeatedId(text: string, keptEntries: number): boolean {
  const strings = text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  return strings.length !== 2 * keptEntries;
}

function repetitions(keys: readonly SigningKey[]): string[] {
  return keys.flatMap((key, at) =>
    keys.slice(0, at).flatMap((earlier) => {
      if (earlier.id === key.id) return [`key id "${key.id}" is given twice`];
      return earlier.secret === key.secret
        ? [`keys "${earlier.id}" and "${key.id}" have the same secret`]
        : [];
    }),
  );
}

function problemsOf(name: KeySetName, parsed: Parsed<KeySet> | undefined): string[] {
  return parsed === undefined || parsed.ok
    ? []
    : parsed.problems.map((problem) => `${name} keys: ${problem}`);
}

function refused(problem: string): { readonly ok: false; readonly problems: readonly string[] } {
  return { ok: false, problems: [problem] };
}
