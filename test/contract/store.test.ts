// What every store must do, asked of the model of the simulations and of DynamoDB itself, so that the two never part.

import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import { asItLies } from '../../src/as-it-lies.ts';
import {
  type Condition,
  type Query,
  queryAll,
  type Row,
  type Store,
  scanAll,
  type Write,
} from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { createModelStore } from '../model-store.ts';
import { createTestTables, needsTables } from '../test-tables.ts';
import { type TypedValue, typedValue } from '../typed-value.ts';

/** `type` puts a row into the table of requests, behind the back of the store. */
type Opened = { readonly store: Store; type(id: string, typed: Record<string, TypedValue>): Promise<void> };

const stores = [
  { name: 'model', options: {}, open: openModel },
  { name: 'DynamoDB Local', options: needsTables(), open: openDynamoDbLocal },
];

async function openModel(): Promise<Opened> {
  const store = createModelStore();
  const type: Opened['type'] = async (id, typed) =>
    store.load('requests', [{ request_id: id, ...Object(typedValue({ M: typed })) }]);
  return { store, type };
}

async function openDynamoDbLocal(): Promise<Opened> {
  const { store, client, tableNames } = await createTestTables();
  const type: Opened['type'] = async (id, typed) => {
    const Item = { request_id: { S: id }, ...typed } as Record<string, AttributeValue>;
    await client.send(new PutItemCommand({ TableName: tableNames.requests, Item }));
  };
  return { store, type };
}

const EXOTIC: readonly [string, TypedValue][] = [
  ['20 digits', { N: '12345678901234567890' }],
  ['the last that can be raised by one', { N: '9007199254740990' }],
  ['the last that a double holds', { N: '9007199254740991' }],
  ['one that a double rounds to 3', { N: '3.0000000000000000001' }],
  ['38 digits', { N: '-1.2345678901234567890123456789012345678' }],
  ['the largest', { N: '9.9999999999999999999999999999999999999E+125' }],
  ['a large round one', { N: '1e125' }],
  ['a large negative one', { N: '-1.5e40' }],
  ['a tiny one', { N: '1e-130' }],
  ['a tiny one of many digits', { N: '-1.0000000000000000000000000000000000001e-100' }],
  ['a fraction', { N: '0.1' }],
  ['a whole number written long', { N: '+0030.0' }],
  ['minus nothing', { N: '-0' }],
  ['a list', { L: [{ N: '1.5e40' }, { S: 'a' }, { N: '3' }] }],
  ['a map', { M: { a: { N: '12345678901234567890123' }, b: { L: [{ M: { c: { N: '1e-130' } } }] } } }],
  ['a set of numbers, the large one last', { NS: ['1', '2.5', '12345678901234567890'] }],
  ['a set of numbers, the large one first', { NS: ['12345678901234567890', '1'] }],
  ['a set of two that a double takes for one', { NS: ['3', '3.0000000000000000001'] }],
  ['a set in a list in a map', { M: { a: { L: [{ NS: ['7', '1e125'] }] } } }],
  ['a binary', { B: Uint8Array.of(0, 1, 255) }],
  ['an empty binary', { B: Uint8Array.of() }],
  ['a set of binaries', { BS: [Uint8Array.of(1, 2), Uint8Array.of(3)] }],
  ['an empty list', { L: [] }],
  ['an empty map', { M: {} }],
  ['an empty text', { S: '' }],
  ['nothing', { NULL: true }],
  ['very deep', deepList(31)],
  ['very large', { S: 'x'.repeat(350_000) }],
  ['very large, in a list', { L: Array.from({ length: 20_000 }, () => ({ NULL: true }) as const) }],
  ['a map that names its constructor', { M: { constructor: { S: 'a' } } }],
  ['a map with a name that reading loses', { M: { ['__proto__']: { N: '1' } } }],
  ['a map with a strange name', { M: { ['__proto__']: { M: { a: { N: '1' } } } } }],
];

function deepList(levels: number): TypedValue {
  return levels === 0 ? { N: '1' } : { L: [deepList(levels - 1)] };
}

for (const { name, options, open } of stores) {
  describe(name, options, () => {
    let store: Store;
    let type: Opened['type'];
    let count = 0;
    /** Each case has rows of its own, so that one set of tables serves all. */
    const unique = (text: string) => `${text}-${count++}`;
    beforeAll(async () => {
      ({ store, type } = await open());
    });

    const put = async (...rows: Row[]) => {
      for (const row of rows) await store.transact([{ kind: 'put', table: 'requests', row }]);
    };
    const getRequest = (id: string) => store.get('requests', { request_id: id });
    const check = (id: string, ...onlyIf: Condition[]) =>
      store.transact([{ kind: 'check', table: 'requests', key: { request_id: id }, onlyIf }]);

    describe('conditions', () => {
      const written = { outcome: 'written' };
      const refused = { outcome: 'refused', failed: [0] };
      const row = {
        text: 'm',
        number: 5,
        nothing: null,
        empty: '',
        flag: false,
        list: [1, 'a'],
        map: { a: { b: 1 } },
      };
      const cases: [string, Condition, typeof written | typeof refused][] = [
        ['is: the same text', { attribute: 'text', is: 'm' }, written],
        ['is: another text', { attribute: 'text', is: 'n' }, refused],
        ['is: a number is not its text', { attribute: 'number', is: '5' }, refused],
        ['is: the same number', { attribute: 'number', is: 5 }, written],
        ['is: null where null is stored', { attribute: 'nothing', is: null }, written],
        ['is: null where there is nothing', { attribute: 'other', is: null }, refused],
        ['is: the empty string', { attribute: 'empty', is: '' }, written],
        ['is: false', { attribute: 'flag', is: false }, written],
        ['is: the same list', { attribute: 'list', is: [1, 'a'] }, written],
        ['is: a list in another order', { attribute: 'list', is: ['a', 1] }, refused],
        ['is: the same map', { attribute: 'map', is: { a: { b: 1 } } }, written],
        ['is: a map with less', { attribute: 'map', is: { a: {} } }, refused],
        ['is: the same set in another order', { attribute: 'set', is: new Set(['b', 'a']) }, written],
        ['is: a smaller set', { attribute: 'set', is: new Set(['a']) }, refused],
        ['is: an empty set where null is stored', { attribute: 'nothing', is: new Set() }, written],
        ['atMost: a smaller text', { attribute: 'text', atMost: 'l' }, refused],
        ['atMost: the same text', { attribute: 'text', atMost: 'm' }, written],
        ['atMost: a greater number', { attribute: 'number', atMost: 10 }, written],
        ['atMost: a smaller number', { attribute: 'number', atMost: 4.5 }, refused],
        ['atMost: a number and a text', { attribute: 'number', atMost: '9' }, refused],
        ['atMost: null', { attribute: 'nothing', atMost: 9 }, refused],
        ['atMost: nothing there', { attribute: 'other', atMost: 9 }, refused],
        ['absent: nothing there', { attribute: 'other', absent: true }, written],
        ['absent: null is there', { attribute: 'nothing', absent: true }, refused],
        ['present: null is there', { attribute: 'nothing', present: true }, written],
        ['present: nothing there', { attribute: 'other', present: true }, refused],
        ['a reserved word', { attribute: 'status', absent: true }, written],
        ['a name with a dot is not a path', { attribute: 'map.a', absent: true }, written],
      ];
      test.each(cases)('transact() judges %s', async (_, condition, outcome) => {
        const id = unique('condition');
        await put({ request_id: id, ...row, set: new Set(['a', 'b']) });
        expect(await check(id, condition)).toEqual(outcome);
      });

      test.each(EXOTIC)('a row is still as it was read, whatever was typed: %s', async (_, typed) => {
        const id = unique('typed');
        await type(id, { odd: typed });
        const asRead = asItLies('odd', (await getRequest(id))?.odd);
        expect(await check(id, asRead)).toEqual(written);
        // Below what is looked at of the largest and deepest, a change cannot be seen; a text always can.
        await type(id, { odd: { S: 'REVOKED' } });
        if (!('S' in typed)) expect(await check(id, asRead)).toEqual(refused);
      });

      test.each(EXOTIC.slice(0, 22))(
        'a row that was read may be written again, exactly: %s',
        async (_, typed) => {
          const id = unique('typed');
          await type(id, { odd: typed });
          const row = await getRequest(id);
          await put({ ...row, request_id: `${id}-copy` });
          expect(await check(`${id}-copy`, { attribute: 'odd', is: row?.odd })).toEqual(written);
          await type(`${id}-copy`, { odd: { N: '4' } });
          expect(await check(`${id}-copy`, { attribute: 'odd', is: row?.odd })).toEqual(refused);
        },
      );

      test('a number that a double does not hold is not taken for the one that it rounds to', async () => {
        const id = unique('typed');
        await type(id, { a: { N: '3.0000000000000000001' }, b: { NS: ['3', '3.0000000000000000001'] } });
        expect(await check(id, { attribute: 'a', is: 3 })).toEqual(refused);
        expect((await getRequest(id))?.a).not.toBeTypeOf('number');
      });

      test('a number whose successor cannot be written is none to count on from', async () => {
        const id = unique('typed');
        await type(id, { last: { N: '9007199254740991' }, large: { N: '4503599627370497' } });
        expect(await getRequest(id)).toEqual({
          request_id: id,
          last: expect.not.toSatisfy((read: unknown) => typeof read === 'number'),
          large: 4503599627370497,
        });
      });

      test('transact() judges whether it is no text', async () => {
        const id = unique('typed');
        await put({ request_id: id, text: 'm', number: 5, nothing: null, list: [] });
        for (const attribute of ['number', 'nothing', 'list'])
          expect(await check(id, { attribute, noText: true })).toEqual(written);
        for (const attribute of ['text', 'other'])
          expect(await check(id, { attribute, noText: true })).toEqual(refused);
      });

      test('transact() treats an absent row as one without attributes', async () => {
        const id = unique('absent');
        expect(await check(id, { attribute: 'request_id', absent: true })).toEqual(written);
        expect(await check(id, { attribute: 'request_id', present: true })).toEqual(refused);
        expect(await check(id, { attribute: 'status', is: 'PENDING' })).toEqual(refused);
        expect(await check(id, { attribute: 'version', atMost: 1 })).toEqual(refused);
        expect(await getRequest(id)).toBeUndefined();
      });

      test('transact() asks for all conditions, several of one attribute too', async () => {
        const id = unique('both');
        await put({ request_id: id, number: 5 });
        const present: Condition = { attribute: 'number', present: true };
        expect(await check(id, present, { attribute: 'number', is: 5 })).toEqual(written);
        expect(await check(id, present, { attribute: 'number', is: 6 })).toEqual(refused);
      });

      test('transact() throws for a comparison with undefined', async () => {
        await expect(check(unique('none'), { attribute: 'text', is: undefined })).rejects.toThrow(StoreError);
      });

      test.each(['put', 'update', 'delete'] as const)(
        'transact() refuses a lone %s and leaves the row',
        async (kind) => {
          const id = unique('lone');
          await put({ request_id: id, status: 'PENDING' });
          const common = { table: 'requests', onlyIf: [{ attribute: 'status', is: 'DENIED' }] } as const;
          const key = { request_id: id };
          const writes: Record<string, Write> = {
            put: { ...common, kind: 'put', row: { request_id: id } },
            update: { ...common, kind: 'update', key, set: { status: 'DENIED' } },
            delete: { ...common, kind: 'delete', key },
          };
          expect(await store.transact([writes[kind] as Write])).toEqual(refused);
          expect(await getRequest(id)).toEqual({ request_id: id, status: 'PENDING' });
        },
      );
    });

    describe('rows', () => {
      test('transact() put replaces the whole row', async () => {
        const id = unique('row');
        await put({ request_id: id, a: 1 }, { request_id: id, b: 2 });
        expect(await getRequest(id)).toEqual({ request_id: id, b: 2 });
      });

      test('transact() keeps every kind of value, and drops undefined', async () => {
        const id = unique('row');
        const values = {
          text: '',
          number: -1.5,
          zero: 0,
          flag: true,
          nothing: null,
          list: ['a', [], {}],
          map: { a: { b: '' } },
        };
        await put({ request_id: id, ...values, dropped: undefined, nested: { kept: 1, dropped: undefined } });
        expect(await getRequest(id)).toStrictEqual({ request_id: id, ...values, nested: { kept: 1 } });
      });

      test('transact() keeps a string set, and stores an empty one as null', async () => {
        const id = unique('row');
        await put({ request_id: id, set: new Set(['b', 'a']), none: new Set(), map: { none: new Set() } });
        const row = await getRequest(id);
        expect(row).toEqual({ request_id: id, set: new Set(['a', 'b']), none: null, map: { none: null } });
        await store.transact([
          { kind: 'update', table: 'requests', key: { request_id: id }, set: { set: new Set() } },
        ]);
        expect((await getRequest(id))?.set).toBeNull();
      });

      test('transact() update keeps the attributes that it does not name', async () => {
        const id = unique('row');
        await put({ request_id: id, kept: { by: ['hand'] }, changed: 1, removed: 1 });
        const set = { changed: 2, added: 'x', ignored: undefined };
        const remove = ['removed', 'never_there'];
        await store.transact([{ kind: 'update', table: 'requests', key: { request_id: id }, set, remove }]);
        expect(await getRequest(id)).toStrictEqual({
          request_id: id,
          kept: { by: ['hand'] },
          changed: 2,
          added: 'x',
        });
      });

      test.each([{}, { set: { a: undefined } }, { remove: ['a'] }])(
        'transact() update with %j creates',
        async (change) => {
          const [alone, together] = [unique('row'), unique('row')];
          const update = (id: string): Write => ({
            kind: 'update',
            table: 'requests',
            key: { request_id: id },
            ...change,
          });
          const other: Write = { kind: 'put', table: 'requests', row: { request_id: unique('row') } };
          await store.transact([update(alone)]);
          await store.transact([update(together), other]);
          expect(await getRequest(alone)).toEqual({ request_id: alone });
          expect(await getRequest(together)).toEqual({ request_id: together });
        },
      );

      test('transact() delete removes, and an absent row is no failure', async () => {
        const id = unique('row');
        await put({ request_id: id });
        const remove: Write = { kind: 'delete', table: 'requests', key: { request_id: id } };
        expect(await store.transact([remove])).toEqual({ outcome: 'written' });
        expect(await store.transact([remove])).toEqual({ outcome: 'written' });
        expect(await getRequest(id)).toBeUndefined();
      });

      test('get() finds a row by both parts of its key', async () => {
        const channel = unique('channel');
        const rows = ['1', '2'].map((account_id) => ({ channel_id: channel, account_id }));
        await store.transact(rows.map((row) => ({ kind: 'put', table: 'config', row }) as const));
        expect(await store.get('config', { channel_id: channel, account_id: '2' })).toEqual(rows[1]);
        expect(await store.get('config', { channel_id: channel, account_id: '3' })).toBeUndefined();
      });

      test('get() answers a row whose change does not change the stored one', async () => {
        const id = unique('row');
        const given = { request_id: id, list: ['a'], set: new Set(['a']) };
        await put(given);
        given.list.push('b');
        given.set.add('b');
        const row = (await getRequest(id)) as typeof given;
        row.set.add('c');
        expect(await getRequest(id)).toEqual({ request_id: id, list: ['a'], set: new Set(['a']) });
      });
    });

    describe('transactions', () => {
      test('transact() writes every kind in one, over several tables', async () => {
        const [made, changed, gone] = [unique('tx'), unique('tx'), unique('tx')];
        await put({ request_id: changed }, { request_id: gone });
        const outcome = await store.transact([
          { kind: 'put', table: 'requests', row: { request_id: made } },
          { kind: 'update', table: 'requests', key: { request_id: changed }, set: { a: 1 } },
          { kind: 'delete', table: 'requests', key: { request_id: gone } },
          {
            kind: 'check',
            table: 'control',
            key: { name: made },
            onlyIf: [{ attribute: 'name', absent: true }],
          },
          { kind: 'put', table: 'outbox', row: { notification_id: made } },
        ]);
        expect(outcome).toEqual({ outcome: 'written' });
        expect(await getRequest(made)).toEqual({ request_id: made });
        expect(await getRequest(changed)).toEqual({ request_id: changed, a: 1 });
        expect(await getRequest(gone)).toBeUndefined();
        expect(await store.get('outbox', { notification_id: made })).toEqual({ notification_id: made });
      });

      test('transact() writes nothing when a condition fails, and answers all the positions', async () => {
        const ids = [unique('tx'), unique('tx'), unique('tx'), unique('tx')] as const;
        const onlyIf: Condition[] = [{ attribute: 'request_id', present: true }];
        const outcome = await store.transact([
          { kind: 'put', table: 'requests', row: { request_id: ids[0] } },
          { kind: 'update', table: 'requests', key: { request_id: ids[1] }, set: { a: 1 }, onlyIf },
          { kind: 'delete', table: 'requests', key: { request_id: ids[2] } },
          { kind: 'check', table: 'requests', key: { request_id: ids[3] }, onlyIf },
        ]);
        expect(outcome).toEqual({ outcome: 'refused', failed: [1, 3] });
        expect(
          await store.getMany(
            'requests',
            ids.map((request_id) => ({ request_id })),
          ),
        ).toEqual([]);
      });

      test('transact() takes 100 writes, and throws for 101 and for none', async () => {
        const write = (): Write => ({ kind: 'put', table: 'control', row: { name: unique('many') } });
        const writes = Array.from({ length: 101 }, write);
        expect(await store.transact(writes.slice(0, 100))).toEqual({ outcome: 'written' });
        await expect(store.transact(writes)).rejects.toThrow(RangeError);
        await expect(store.transact([])).rejects.toThrow(RangeError);
      });

      test('transact() throws for two writes of one row, and writes neither', async () => {
        const id = unique('twice');
        const writes: Write[] = [
          { kind: 'put', table: 'requests', row: { request_id: id } },
          {
            kind: 'check',
            table: 'requests',
            key: { request_id: id },
            onlyIf: [{ attribute: 'a', absent: true }],
          },
        ];
        await expect(store.transact(writes)).rejects.toThrow(StoreError);
        expect(await getRequest(id)).toBeUndefined();
      });

      test('transact() names the tables in what it throws', async () => {
        const writes: Write[] = [
          { kind: 'put', table: 'requests', row: { request_id: unique('bad'), status: 1 } },
          { kind: 'put', table: 'control', row: { name: unique('bad') } },
        ];
        await expect(store.transact(writes)).rejects.toThrow(/write \S*jit_requests, \S*jit_control: /);
      });
    });

    describe('what cannot be stored', () => {
      const bad: [string, Row][] = [
        ['a number as an index key', { status: 1 }],
        ['null as an index key', { due_at: null }],
        ['an empty index key', { account_id: '' }],
        ['an index sort key of 1025 bytes', { due_at: 'x'.repeat(1025) }],
        ['a row over 400 KB', { reason: 'x'.repeat(400 * 1024) }],
        ['a date', { at: new Date(0) }],
        ['NaN', { number: Number.NaN }],
        ['an integer that is not exact', { number: 2 ** 60 }],
      ];
      test.each(bad)(
        'transact() throws for %s, by put and by update, alone and together',
        async (_, attributes) => {
          const id = unique('bad');
          const key = { request_id: id };
          const other: Write = { kind: 'put', table: 'control', row: { name: id } };
          const writes: Write[] = [
            { kind: 'put', table: 'requests', row: { ...key, ...attributes } },
            { kind: 'update', table: 'requests', key, set: attributes },
          ];
          for (const write of writes) {
            await expect(store.transact([write])).rejects.toThrow(StoreError);
            await expect(store.transact([write, other])).rejects.toThrow(StoreError);
          }
          expect(await getRequest(id)).toBeUndefined();
          expect(await store.get('control', { name: id })).toBeUndefined();
        },
      );

      test('transact() throws for an invalid row even where a condition does not hold', async () => {
        const row = { request_id: unique('bad'), status: 1 };
        const onlyIf: Condition[] = [{ attribute: 'request_id', present: true }];
        await expect(store.transact([{ kind: 'put', table: 'requests', row, onlyIf }])).rejects.toThrow(
          StoreError,
        );
      });

      const keys: [string, Row][] = [
        ['an empty key', { request_id: '' }],
        ['no key', {}],
        ['a number as key', { request_id: 1 }],
        ['a key that is too long', { request_id: 'x'.repeat(2049) }],
      ];
      test.each(keys)('transact() throws for %s', async (_, row) => {
        await expect(store.transact([{ kind: 'put', table: 'requests', row }])).rejects.toThrow(StoreError);
      });

      test('get() throws for a key that is empty, not whole, or more than the key', async () => {
        await expect(store.get('requests', { request_id: '' })).rejects.toThrow(StoreError);
        await expect(store.get('config', { channel_id: 'a' })).rejects.toThrow(StoreError);
        await expect(store.get('requests', { request_id: 'a', status: 'b' })).rejects.toThrow(StoreError);
      });

      test('transact() throws for an update of the key, or of one attribute twice', async () => {
        const key = { request_id: unique('bad') };
        const update = (change: { set?: Row; remove?: string[] }) =>
          store.transact([{ kind: 'update', table: 'requests', key, ...change }]);
        await expect(update({ set: { request_id: 'other' } })).rejects.toThrow(StoreError);
        await expect(update({ remove: ['request_id'] })).rejects.toThrow(StoreError);
        await expect(update({ set: { a: 1 }, remove: ['a'] })).rejects.toThrow(StoreError);
      });
    });

    describe('reading several', () => {
      test('getMany() answers more than 100 keys, each row once, without absent ones', async () => {
        const ids = Array.from({ length: 230 }, () => unique('many'));
        for (let start = 0; start < ids.length; start += 100) {
          const writes = ids
            .slice(start, start + 100)
            .map((id): Write => ({ kind: 'put', table: 'control', row: { name: id } }));
          await store.transact(writes);
        }
        const keys = [...ids, ...ids, unique('absent')].map((id) => ({ name: id }));
        const rows = await store.getMany('control', keys);
        expect(rows.map((row) => row.name).sort()).toEqual([...ids].sort());
        expect(await store.getMany('control', [])).toEqual([]);
      });

      test('getMany() sees a write that was answered just now', async () => {
        const id = unique('fresh');
        for (let version = 0; version < 5; version++) {
          await put({ request_id: id, version });
          expect(await store.getMany('requests', [{ request_id: id }])).toEqual([
            { request_id: id, version },
          ]);
        }
      });

      test('scan() of a sparse index answers the rows that are in it', async () => {
        const id = unique('scan-index');
        await put({ request_id: `${id}-in`, status: 'PENDING', due_at: '2026-01-01' });
        await put({ request_id: `${id}-out`, status: 'PENDING' });
        const ids = [];
        for await (const row of scanAll(store, 'requests', { index: 'gsi_status_due' }))
          ids.push(row.request_id);
        expect(ids).toContain(`${id}-in`);
        expect(ids).not.toContain(`${id}-out`);
      });

      test('scan() answers every row once, page by page', async () => {
        const keys = Array.from({ length: 7 }, (_, index) => ({
          key_id: unique('scan'),
          nonce: `n${index}`,
        }));
        await store.transact(keys.map((row) => ({ kind: 'put', table: 'nonces', row })));
        // Written again and deleted rows must not come twice, or back.
        await store.transact(keys.map((row) => ({ kind: 'put', table: 'nonces', row })));
        const gone = { key_id: unique('scan'), nonce: 'gone' };
        await store.transact([{ kind: 'put', table: 'nonces', row: gone }]);
        await store.transact([{ kind: 'delete', table: 'nonces', key: gone }]);
        const found: Row[] = [];
        let after: Row | undefined;
        do {
          const page = await store.scan('nonces', after === undefined ? { limit: 3 } : { limit: 3, after });
          expect(page.rows.length).toBeLessThanOrEqual(3);
          found.push(...page.rows);
          after = page.next;
        } while (after !== undefined);
        expect(found).toHaveLength(7);
        expect(found).toEqual(expect.arrayContaining(keys));
        expect((await store.scan('nonces', {})).rows).toHaveLength(7);
      });
    });

    describe('queries', () => {
      /** Audit rows of one request with the given sort keys. */
      const events = async (...sorts: string[]) => {
        const id = unique('events');
        const rows = sorts.map((sort) => ({ request_id: id, event_time_event_id: sort }));
        await store.transact(rows.map((row) => ({ kind: 'put', table: 'audit', row })));
        return id;
      };
      const query = (
        id: string,
        sort: Omit<NonNullable<Query['sort']>, 'attribute'>,
        more: Partial<Query> = {},
      ): Query => ({
        table: 'audit',
        partition: { attribute: 'request_id', value: id },
        sort: { attribute: 'event_time_event_id', ...sort },
        ...more,
      });
      const sortsOf = async (asked: Query) => {
        const sorts: unknown[] = [];
        for await (const row of queryAll(store, asked)) sorts.push(row.event_time_event_id);
        return sorts;
      };

      test('query() answers one partition in the order of its sort key, both ways', async () => {
        const id = await events('b', 'a', 'c');
        await events('x');
        expect(await sortsOf(query(id, {}))).toEqual(['a', 'b', 'c']);
        expect(await sortsOf(query(id, {}, { descending: true }))).toEqual(['c', 'b', 'a']);
        expect(await sortsOf(query(unique('nobody'), {}))).toEqual([]);
      });

      test('query() takes both ends of a range in', async () => {
        const id = await events('a', 'b', 'ba', 'c', 'd');
        expect(await sortsOf(query(id, { from: 'b' }))).toEqual(['b', 'ba', 'c', 'd']);
        expect(await sortsOf(query(id, { to: 'b' }))).toEqual(['a', 'b']);
        expect(await sortsOf(query(id, { from: 'b', to: 'c' }))).toEqual(['b', 'ba', 'c']);
        expect(await sortsOf(query(id, { from: 'b', to: 'c' }, { descending: true }))).toEqual([
          'c',
          'ba',
          'b',
        ]);
        expect(await sortsOf(query(id, { from: 'd', to: 'a' }))).toEqual([]);
        expect(await sortsOf(query(id, { beginsWith: 'b' }))).toEqual(['b', 'ba']);
      });

      test('query() sorts by the bytes of UTF-8, not by the units of JavaScript', async () => {
        const id = await events('\u{1f600}', '\uffee', '\ue000', 'é', 'z');
        expect(await sortsOf(query(id, {}))).toEqual(['z', 'é', '\ue000', '\uffee', '\u{1f600}']);
        expect(await sortsOf(query(id, { to: '\uffee' }))).toEqual(['z', 'é', '\ue000', '\uffee']);
        expect(await sortsOf(query(id, { from: '\uffee', to: '\u{1f600}' }))).toEqual([
          '\uffee',
          '\u{1f600}',
        ]);
      });

      test.each([true, false])('query() goes on behind a page, descending: %s', async (descending) => {
        const id = await events('a', 'b', 'c', 'd', 'e');
        const sorts = await sortsOf(query(id, { from: 'b' }, { limit: 2, descending }));
        expect(sorts).toEqual(descending ? ['e', 'd', 'c', 'b'] : ['b', 'c', 'd', 'e']);
        const first = await store.query(query(id, {}, { limit: 2, descending }));
        expect(first.rows).toHaveLength(2);
        expect(first.next).toEqual({ request_id: id, event_time_event_id: descending ? 'd' : 'b' });
      });

      test('query() goes on behind a row that has been deleted meanwhile', async () => {
        const id = await events('a', 'b', 'c');
        const { next } = await store.query(query(id, {}, { limit: 2 }));
        const key = { request_id: id, event_time_event_id: 'b' };
        await store.transact([{ kind: 'delete', table: 'audit', key }]);
        expect(await sortsOf(query(id, {}, { after: next as Row }))).toEqual(['c']);
      });

      test('query() ends a page at 1 MB and goes on', async () => {
        const id = unique('large');
        for (const sort of ['a', 'b', 'c', 'd']) {
          const row = { request_id: id, event_time_event_id: sort, details: 'x'.repeat(390_000) };
          await store.transact([{ kind: 'put', table: 'audit', row }]);
        }
        const page = await store.query(query(id, {}));
        expect(page.rows).toHaveLength(3);
        expect(page.next).toBeDefined();
        expect(await sortsOf(query(id, {}))).toEqual(['a', 'b', 'c', 'd']);
      });

      test('query() consistent sees a write that was answered just now', async () => {
        const id = await events('a');
        const key = { request_id: id, event_time_event_id: 'a' };
        await store.transact([{ kind: 'delete', table: 'audit', key }]);
        expect(await store.query(query(id, {}, { consistent: true }))).toEqual({ rows: [] });
      });

      test('query() throws for what DynamoDB refuses', async () => {
        const id = await events('a');
        const by = { table: 'requests', partition: { attribute: 'status', value: 'X' } } as const;
        const bad: Query[] = [
          query(id, {}, { limit: 0 }),
          query('', {}),
          query(id, { from: '' }),
          query(id, { beginsWith: '' }),
          query(id, { beginsWith: 'a', from: 'a' }),
          { ...by, index: 'gsi_status_due', consistent: true },
          { ...by, index: 'gsi_none' },
          { ...by, index: 'gsi_account_created' },
          { ...by, index: 'gsi_status_due', sort: { attribute: 'end_time', from: 'a' } },
        ];
        for (const asked of bad) await expect(store.query(asked)).rejects.toThrow(StoreError);
      });
    });

    describe('indexes', () => {
      const due = (status: string, more: Partial<Query> = {}): Query => ({
        table: 'requests',
        index: 'gsi_status_due',
        partition: { attribute: 'status', value: status },
        ...more,
      });
      const idsOf = async (asked: Query) => {
        const ids: unknown[] = [];
        for await (const row of queryAll(store, asked)) ids.push(row.request_id);
        return ids;
      };

      test('query() finds a row in an index only while both its key attributes are there', async () => {
        const [id, status] = [unique('sparse'), unique('S')];
        const update = (change: { set?: Row; remove?: string[] }) =>
          store.transact([{ kind: 'update', table: 'requests', key: { request_id: id }, ...change }]);
        await put({ request_id: id, status });
        expect(await idsOf(due(status))).toEqual([]);
        await update({ set: { due_at: '1' } });
        expect(await idsOf(due(status))).toEqual([id]);
        await update({ remove: ['due_at'] });
        expect(await idsOf(due(status))).toEqual([]);
        await put({ request_id: id, status, due_at: '1' }, { request_id: id, due_at: '1' });
        expect(await idsOf(due(status))).toEqual([]);
      });

      test('query() answers whole rows, and each change at its new place', async () => {
        const [id, from, to] = [unique('move'), unique('S'), unique('S')];
        await put({ request_id: id, status: from, due_at: '1', set: new Set(['a']) });
        await put({ request_id: id, status: from, due_at: '2', set: new Set(['b']) });
        const row = { request_id: id, status: from, due_at: '2', set: new Set(['b']) };
        expect(await store.query(due(from))).toEqual({ rows: [row] });
        await put({ ...row, status: to });
        expect(await idsOf(due(from))).toEqual([]);
        expect(await idsOf(due(to))).toEqual([id]);
        await store.transact([{ kind: 'delete', table: 'requests', key: { request_id: id } }]);
        expect(await idsOf(due(to))).toEqual([]);
      });

      test('query() by an index takes a range in order, and pages through equal sort keys', async () => {
        const status = unique('S');
        const rows = ['3', '1', '2', '2', '2', '4'].map((due_at) => ({
          request_id: unique('r'),
          status,
          due_at,
        }));
        await put(...rows);
        const until = { attribute: 'due_at', to: '3' };
        const all = await store.query(due(status, { sort: until }));
        expect(all.rows.map((row) => row.due_at)).toEqual(['1', '2', '2', '2', '3']);
        for (const descending of [true, false]) {
          const ids = await idsOf(due(status, { sort: until, limit: 1, descending }));
          expect(ids.sort()).toEqual(all.rows.map((row) => row.request_id).sort());
        }
        const { next } = await store.query(due(status, { limit: 1 }));
        expect(next).toEqual({ request_id: rows[1]?.request_id, status, due_at: '1' });
      });

      test('query() by an index without a sort key answers all of its rows', async () => {
        const account = unique('account');
        const rows = ['a', 'b', 'c'].map((text) => ({ channel_id: unique(text), account_id: account }));
        await store.transact(rows.map((row) => ({ kind: 'put', table: 'config', row })));
        const found: Row[] = [];
        const partition = { attribute: 'account_id', value: account };
        const asked: Query = { table: 'config', index: 'gsi_account', partition, limit: 2 };
        for await (const row of queryAll(store, asked)) found.push(row);
        expect(found).toHaveLength(3);
        expect(found).toEqual(expect.arrayContaining(rows));
      });
    });
  });
}
