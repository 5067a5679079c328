// The parts that the API is fitted together from, and the numbers it stands on. Each function names only those it uses.

import type { Clock } from '../src/clock.ts';
import type { Directory } from '../src/directory.ts';
import type { Log } from '../src/log.ts';
import type { ManagedScope } from '../src/managed-scope.ts';
import type { Metrics } from '../src/metrics.ts';
import type { Nudge } from '../src/nudge.ts';
import type { KeySets } from '../src/signing-keys.ts';
import type { Store } from '../src/store.ts';

export type ApiSettings = {
  readonly mode: 'observe' | 'enforce';
  /** The permission set of a request that names none, and of old rows. */
  readonly defaultPermissionSetArn: string;
  readonly scope: ManagedScope;
  readonly maxRequestHours: number;
  readonly pendingTtlHours: number;
  /** How long a revoke waits for the proof before it answers; 0 answers at once. */
  readonly revokeWaitMs: number;
  readonly clockSkewMs: number;
  /** Calls a second that the reconciler may make; only for estimates. */
  readonly identityCenterRate: number;
  /** The path that everything lies below, and that is not signed; empty for none. */
  readonly apiBasePath: string;
};

/** Tells the reconciler what to look at now. Best effort: it never throws and never delays an answer. */
export type SendNudges = (nudges: readonly Omit<Nudge, 'at'>[]) => void;

export type ApiDeps = {
  readonly store: Store;
  readonly clock: Clock;
  /** The keys as they are now; throws while they cannot be had. */
  readonly keys: () => Promise<KeySets>;
  readonly directory: Directory;
  readonly nudge: SendNudges;
  /** A new random UUID. */
  readonly newId: () => string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: ApiSettings;
};
