import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findKey,
  type KeySets,
  parseCallbackSecret,
  parseKeySets,
  parseOpsKeys,
  parsePluginKeys,
  SINGLE_KEY_ID,
} from '../../src/signing-keys.ts';

describe('parsePluginKeys()', () => {
  test('reads an object of ids to secrets', () => {
    expect(parsePluginKeys(' {"a": "one", "b": "two"}\n')).toEqual({
      ok: true,
      value: {
        kind: 'named',
        keys: [
          { id: 'a', secret: 'one' },
          { id: 'b', secret: 'two' },
        ],
      },
    });
  });

  test.each(['plain', 'with space', '"quoted"', '123', '["a"]', 'null', 'a{b}'])(
    'takes %j for one secret, as it is',
    (text) => {
      expect(parsePluginKeys(text)).toEqual({ ok: true, value: { kind: 'single', secret: text } });
    },
  );

  test.each([
    ['', 'the secret is empty'],
    [' \n', 'the secret is empty'],
    ['{}', 'no key in it'],
    ['{"a": "hunter2"', 'not valid JSON'],
    ["{'a': 'hunter2'}", 'not valid JSON'],
    ['{"a": "hunter2"} {"b": "c"}', 'not valid JSON'],
    ['{"a": 1}', 'expected a text'],
    ['{"a": null}', 'expected a text'],
    ['{"a": {"secret": "hunter2"}}', 'expected a text'],
    ['{"a": ["hunter2"]}', 'expected a text'],
    ['{"": "hunter2"}', 'an id is empty'],
    ['{" ": "hunter2"}', 'an id is empty'],
    ['{"a": ""}', 'the secret of key "a" is empty'],
    ['{"a": "  "}', 'the secret of key "a" is empty'],
    ['{"a": "hunter2", "a": "hunter3"}', 'an id is given twice'],
    ['{"a": "hunter2", "\\u0061": "hunter3"}', 'an id is given twice'],
    ['{"a": {"b": "hunter2"}, "a": "hunter3"}', 'an id is given twice'],
    ['{"a": 1, "a": "hunter2"}', 'an id is given twice'],
    ['{"a": "x\\"y", "a": "z"}', 'an id is given twice'],
    ['{"a": "hunter2", "b": "hunter2"}', 'keys "a" and "b" have the same secret'],
  ])('refuses %j: %s', (text, problem) => {
    const parsed = parsePluginKeys(text);
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringContaining(problem)] });
    expect(JSON.stringify(parsed)).not.toContain('hunter');
  });

  test('accepts any ids and secrets that JSON can hold, once each', () => {
    const word = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.trim() !== '');
    const entries = fc
      .tuple(fc.uniqueArray(word, { minLength: 1 }), fc.uniqueArray(word, { minLength: 1 }))
      .map(([ids, secrets]) =>
        ids.slice(0, secrets.length).map((id, at) => [id, secrets[at] ?? ''] as const),
      );
    fc.assert(
      fc.property(entries, (pairs) => {
        const text = `{${pairs.map(([id, secret]) => `${JSON.stringify(id)}:${JSON.stringify(secret)}`).join()}}`;
        expect(parsePluginKeys(text).ok).toBe(true);
        const [first] = pairs;
        const again = text.replace(/\}$/, `,${JSON.stringify(first?.[0])}:"another one"}`);
        expect(parsePluginKeys(again).ok).toBe(false);
      }),
    );
  });
});

test('parseOpsKeys() refuses one secret without an id', () => {
  expect(parseOpsKeys('plain').ok).toBe(false);
  expect(parseOpsKeys('["a"]').ok).toBe(false);
  expect(parseOpsKeys('{"a": "b"}').ok).toBe(true);
});

describe('parseKeySets()', () => {
  test('accepts plugin keys without ops keys', () => {
    const parsed = parseKeySets({ plugin: '{"a": "b"}' });
    expect(parsed.ok && 'ops' in parsed.value).toBe(false);
  });

  test.each([
    ['the same id', '{"a": "one"}', '{"a": "two"}', 'key id "a" is given twice'],
    ['the same secret', '{"a": "one"}', '{"b": "one"}', 'keys "a" and "b" have the same secret'],
    ['a single secret again', 'one', '{"b": "one"}', `keys "${SINGLE_KEY_ID}" and "b" have the same secret`],
    ['the id of a single secret', 'one', `{"${SINGLE_KEY_ID}": "two"}`, 'is given twice'],
  ])('refuses %s across the sets', (_what, plugin, ops, problem) => {
    expect(parseKeySets({ plugin, ops })).toMatchObject({
      ok: false,
      problems: [expect.stringContaining(problem)],
    });
  });

  test('reports the problems of both sets, each with its name', () => {
    expect(parseKeySets({ plugin: '', ops: 'plain' })).toMatchObject({
      problems: [expect.stringMatching(/^plugin keys: /), expect.stringMatching(/^ops keys: /)],
    });
  });
});

describe('parseCallbackSecret()', () => {
  test.each([
    ['the entry with the name', '{"other": "one", "backend": "two"}', 'two'],
    ['the only entry, whatever its name', '{"other": "one"}', 'one'],
    ['the whole text when it is no object', 'one', 'one'],
  ])('takes %s', (_what, text, secret) => {
    expect(parseCallbackSecret(text, 'backend')).toEqual({ ok: true, value: secret });
  });

  test('refuses several without the name, and names them', () => {
    expect(parseCallbackSecret('{"a": "hunter2", "b": "hunter3"}', 'backend')).toEqual({
      ok: false,
      problems: ['several keys (a, b) and none is named "backend"'],
    });
  });

  test('refuses what plugin keys refuse', () => {
    expect(parseCallbackSecret('{"a": ""}', 'a').ok).toBe(false);
  });
});

describe('findKey()', () => {
  const sets = (plugin: string, ops?: string): KeySets => {
    const parsed = parseKeySets(ops === undefined ? { plugin } : { plugin, ops });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    return parsed.value;
  };

  test('finds a key in its set', () => {
    const both = sets('{"p": "one"}', '{"o": "two"}');
    expect(findKey(both, 'p')).toEqual({ set: 'plugin', keyId: 'p', secret: 'one' });
    expect(findKey(both, 'o')).toEqual({ set: 'ops', keyId: 'o', secret: 'two' });
  });

  test.each(['', 'P', 'p ', '__proto__', 'constructor', 'toString'])('finds nothing under %j', (id) => {
    expect(findKey(sets('{"p": "one"}', '{"o": "two"}'), id)).toBeUndefined();
  });

  test('finds a key named like a property of every object', () => {
    expect(findKey(sets('{"__proto__": "one", "constructor": "two"}'), '__proto__')?.secret).toBe('one');
  });

  test('gives a single secret one id whatever the caller names, so that nonces cannot be used again', () => {
    const single = sets('one');
    for (const id of ['a', 'b', SINGLE_KEY_ID]) {
      expect(findKey(single, id)).toEqual({ set: 'plugin', keyId: SINGLE_KEY_ID, secret: 'one' });
    }
  });

  test('prefers an ops key to the single secret that is valid under any id', () => {
    expect(findKey(sets('one', '{"o": "two"}'), 'o')?.set).toBe('ops');
  });
});
