// What the parts ask of the tables. Writes are plain data, so that a decision can return them and an effect has
// nothing left to decide; the same data is understood by DynamoDB and by the model used in simulations.

export type Table = 'requests' | 'audit' | 'config' | 'nonces' | 'assignments' | 'outbox' | 'control';

/**
 * A row as it lies in the table: attribute names to strings, numbers, booleans, null, lists, maps, string Sets. By hand
 * there may also be binaries, Sets of those or of numbers, and numbers that no double holds: these are objects of a
 * class that only the store knows, and that it writes again exactly as they were read.
 */
export type Row = Readonly<Record<string, unknown>>;
export type Key = Readonly<Record<string, string>>;

/** What must hold of one attribute of the stored row. An absent row has no attributes. */
export type Condition =
  | { readonly attribute: string; readonly is: unknown }
  | { readonly attribute: string; readonly atMost: string | number }
  | { readonly attribute: string; readonly absent: true }
  | { readonly attribute: string; readonly present: true }
  /** Present, and anything but a text. */
  | { readonly attribute: string; readonly noText: true };

/** One item of a transaction. Without `onlyIf` a put replaces and an update creates. `set: undefined` values are left out. */
export type Write =
  | { readonly kind: 'put'; readonly table: Table; readonly row: Row; readonly onlyIf?: readonly Condition[] }
  | {
      readonly kind: 'update';
      readonly table: Table;
      readonly key: Key;
      readonly set?: Row;
      readonly remove?: readonly string[];
      readonly onlyIf?: readonly Condition[];
    }
  | {
      readonly kind: 'delete';
      readonly table: Table;
      readonly key: Key;
      readonly onlyIf?: readonly Condition[];
    }
  | {
      readonly kind: 'check';
      readonly table: Table;
      readonly key: Key;
      readonly onlyIf: readonly Condition[];
    };

/**
 * `refused`: nothing was written; `failed` are the positions of the writes whose conditions did not hold (empty when
 * another transaction was at the same rows). Any other failure is thrown, and then it is unknown whether it was written.
 */
export type WriteOutcome =
  | { readonly outcome: 'written' }
  | { readonly outcome: 'refused'; readonly failed: readonly number[] };

/** Rows of one partition in the order of the sort key. `from` and `to` are inclusive. */
export type Query = {
  readonly table: Table;
  /** Without an index the table itself is read. Indexes are never strongly consistent. */
  readonly index?: string;
  readonly partition: { readonly attribute: string; readonly value: string };
  readonly sort?: {
    readonly attribute: string;
    readonly from?: string;
    readonly to?: string;
    readonly beginsWith?: string;
  };
  readonly descending?: boolean;
  readonly limit?: number;
  /** Continue behind this key: the `next` of the page before. */
  readonly after?: Row;
  /** Strongly consistent; only without an index. */
  readonly consistent?: boolean;
};

/** `next` is present while there may be more. A page may be empty and still have a next one. */
export type Page = { readonly rows: readonly Row[]; readonly next?: Row };

export type StoreReader = {
  /** Strongly consistent. */
  get(table: Table, key: Key): Promise<Row | undefined>;
  /** Strongly consistent; in any order, absent rows left out. Any number of keys. */
  getMany(table: Table, keys: readonly Key[]): Promise<readonly Row[]>;
  query(query: Query): Promise<Page>;
  /** In any order. With an index, the rows that are in it: a sparse one holds few. Never strongly consistent. */
  scan(
    table: Table,
    options: { readonly index?: string; readonly limit?: number; readonly after?: Row },
  ): Promise<Page>;
};

export type StoreWriter = {
  /** All or nothing; 1 to 100 writes, each of another row. */
  transact(writes: readonly Write[]): Promise<WriteOutcome>;
};

export type Store = StoreReader & StoreWriter;

/** Every page of a query, one after the other. */
export async function* queryAll(store: Pick<StoreReader, 'query'>, query: Query): AsyncGenerator<Row> {
  let after = query.after;
  do {
    const page = await store.query(after === undefined ? query : { ...query, after });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}

/** Every row of a table or of an index, page after page. */
export async function* scanAll(
  store: Pick<StoreReader, 'scan'>,
  table: Table,
  options: { readonly index?: string } = {},
): AsyncGenerator<Row> {
  let after: Row | undefined;
  do {
    const page = await store.scan(table, after === undefined ? options : { ...options, after });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
