// Which rights on which tables nobody has at present: a policy that was changed, a table that is gone, a region's bad day.

import type { Table, Write } from '../../src/store.ts';
import { StoreError } from '../../src/store-error.ts';

/** `write` without `read` leaves conditions to be checked; `all` is the table gone. */
export const DeniedRights = ['read', 'write', 'all'] as const;
export type DeniedRight = (typeof DeniedRights)[number];

export type Denials = {
  deny(table: Table, right: DeniedRight): void;
  allow(table: Table): void;
  allowEverything(): void;
  areThere(): boolean;
  /** Whether this cannot be done to the table at present. */
  denies(table: Table, right: 'read' | 'write'): boolean;
  /** How often something was refused so far that a revocation needs: its row, and whose channel it is. */
  refusedBeyondAudit(): number;
  /** Throws `StoreError` where the tables do not answer such a read. */
  admitRead(table: Table): void;
  /** Throws `StoreError` where the tables do not take the whole transaction. */
  admitWrites(writes: readonly Write[]): void;
};

export function createDenials(): Denials {
  const denied = new Map<Table, DeniedRight>();
  let refused = 0;
  const denies = (table: Table, right: 'read' | 'write'): boolean => {
    const what = denied.get(table);
    return what === right || what === 'all';
  };
  const refuse = (right: 'read' | 'write', table: Table): never => {
    if (table === 'requests' || table === 'config') refused += 1;
    const action = `${right} ${table}`;
    throw new StoreError(action, { cause: new AccessDenied(`not authorized to ${action}`) });
  };
  return {
    deny: (table, right) => void denied.set(table, right),
    allow: (table) => void denied.delete(table),
    allowEverything: () => denied.clear(),
    areThere: () => denied.size > 0,
    denies,
    refusedBeyondAudit: () => refused,
    admitRead: (table) => {
      if (denied.size > 0 && denies(table, 'read')) refuse('read', table);
    },
    admitWrites: (writes) => {
      if (denied.size === 0) return;
      // A check has a right of its own, which goes with the table alone.
      const hit = writes.find(({ table, kind }) =>
        kind === 'check' ? denied.get(table) === 'all' : denies(table, 'write'),
      );
      if (hit !== undefined) refuse('write', hit.table);
    },
  };
}

class AccessDenied extends Error {
  override readonly name = 'AccessDeniedException';
}
