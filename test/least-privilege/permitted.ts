// The doors of a part, each call judged by the part's policy before it goes on, and noted. A call that differs from an
// earlier one in nothing that a policy can ask costs one lookup, since simulations make millions.

import type { Key, Row, Store, Table, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { type AwsCall, describeCall, type Part } from './aws-call.ts';
import { callOfDirectory, callOfIdentityCenter, type Scope } from './calls-of-identity-center.ts';
import { callOfStore, leadOf, type StoreOperation } from './calls-of-store.ts';
import { decideCall } from './decide-call.ts';
import { type Grant, readPolicies } from './grant.ts';
import { noteCall } from './noted-calls.ts';

export type Send = (command: { readonly input: unknown }) => Promise<unknown>;

/** Told of every call; by default it is written down for the end of the run. */
type Note = (part: Part, call: AwsCall) => unknown;

/** As AWS answers it. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDeniedException';
}

let policies: Readonly<Record<Part, readonly Grant[]>> | undefined;

/** Throws where the policy of `part` does not allow the call. */
export function permit(part: Part, call: AwsCall, note: Note = noteCall): void {
  note(part, call);
  policies ??= readPolicies();
  const decided = decideCall(call, policies[part]);
  if (!decided.allowed) throw new AccessDenied(`${part} may not call ${describeCall(call)}: ${decided.why}`);
}

/** The store as `part` may use it. */
export function permittedStore(part: Part, store: Store, note: Note = noteCall): Store {
  const known = new Set<string>();
  const check = (name: string, operation: () => StoreOperation) => {
    if (known.has(name)) return;
    try {
      permit(part, callOfStore(operation()), note);
    } catch (error) {
      if (error instanceof AccessDenied) throw new StoreError(error.message, { cause: error });
      throw error;
    }
    known.add(name);
  };
  return {
    get: async (table, key) => {
      check(`get ${table} ${lead(table, key)}`, () => ({ kind: 'get', table, key }));
      return store.get(table, key);
    },
    getMany: async (table, keys) => {
      for (const key of keys)
        check(`getMany ${table} ${lead(table, key)}`, () => ({ kind: 'getMany', table, keys: [key] }));
      return store.getMany(table, keys);
    },
    query: async (query) => {
      check(`query ${query.table} ${query.index}`, () => ({ kind: 'query', query }));
      return store.query(query);
    },
    scan: async (table, options) => {
      check(`scan ${table} ${options.index}`, () => ({ kind: 'scan', table, index: options.index }));
      return store.scan(table, options);
    },
    transact: async (writes) => {
      for (const write of writes) check(nameOf(write), () => ({ kind: 'write', write }));
      return store.transact(writes);
    },
  };
}

/** The door to Identity Center as `part` may use it. */
export function permittedSend(part: Part, scope: Scope, send: Send): Send {
  return permitted(part, send, (operation, input) => callOfIdentityCenter(operation, input, scope));
}

/** The door to the directory as `part` may use it. */
export function permittedDirectory(part: Part, send: Send): Send {
  return permitted(part, send, callOfDirectory);
}

type Input = Readonly<Record<string, unknown>>;

function permitted(part: Part, send: Send, callOf: (operation: string, input: Input) => AwsCall): Send {
  const known = new Set<string>();
  return async (command) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const input = command.input as Input;
    const name = `${operation} ${input.PermissionSetArn} ${input.TargetId ?? input.AccountId}`;
    if (!known.has(name)) permit(part, callOf(operation, input));
    known.add(name);
    return send(command);
  };
}

function nameOf(write: Write): string {
  return `${write.kind} ${write.table} ${lead(write.table, write.kind === 'put' ? write.row : write.key)}`;
}

function lead(table: Table, row: Row | Key): string {
  return table === 'control' ? leadOf(String(row[TableDefinitions.control.partition])) : '';
}
