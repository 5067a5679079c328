// Starts the loop that the configuration asks for. An observer is handed readers and a writer of its own rows, and
// nothing else of what is here.

import type { Clock } from '../src/clock.ts';
import type { ClockState } from '../src/clock-offset.ts';
import type { ReconcilerConfig } from '../src/config.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { Store, StoreReader } from '../src/store.ts';
import { type IdentityCenterReader, observeForever } from './observe-forever.ts';
import { createObserveWriter } from './observe-writer.ts';
import { createObserverMemory, type ObserverMemory } from './observer-memory.ts';
import { reconcilerSettingsOf } from './reconciler-settings-of.ts';
import { type IdentityCenter, type Reconciler, type ReconcilerDeps, runForever } from './run-forever.ts';

export type StartDeps = {
  readonly config: ReconcilerConfig;
  readonly store: Store;
  /** Put right while it is wrong. */
  readonly clock: Clock;
  readonly clockState: () => ClockState;
  readonly openIdentityCenter: () => IdentityCenter;
  readonly metrics: Metrics;
  readonly log: Log;
};

/** What each mode needs of its own: one tells people, the other remembers. */
export type Role =
  | { readonly mode: 'enforce'; readonly send: ReconcilerDeps['send'] }
  | { readonly mode: 'observe'; readonly memory: ObserverMemory };

export type StartOptions = {
  /** Another name for every start. */
  readonly holder: string;
  /** In [0, 1). */
  readonly random: () => number;
};

export function startReconciler(deps: StartDeps, role: Role, options: StartOptions): Reconciler {
  const settings = reconcilerSettingsOf(deps.config);
  if (role.mode === 'enforce') return runForever({ ...deps, ...settings, ...options, send: role.send });
  const { store, clock, clockState, metrics, log } = deps;
  return observeForever({
    store: readerOf(store),
    publisher: createObserveWriter(store),
    memory: role.memory,
    openIdentityCenter: () => lookingOnly(deps.openIdentityCenter()),
    clock,
    clockState,
    metrics,
    log,
    ...settings,
  });
}

/** What an observer remembers for as long as its process lives. */
export function newObserverRole({ store, clock }: Pick<StartDeps, 'store' | 'clock'>): Role {
  return { mode: 'observe', memory: createObserverMemory(readerOf(store), clock) };
}

/** Without the writer also where nobody looks at types. */
function readerOf(store: Store): StoreReader {
  return {
    get: (table, key) => store.get(table, key),
    getMany: (table, keys) => store.getMany(table, keys),
    query: (query) => store.query(query),
    scan: (table, options) => store.scan(table, options),
  };
}

function lookingOnly({ live, isQueued, budgetState, close }: IdentityCenter): IdentityCenterReader {
  return { live, isQueued, budgetState, close };
}
