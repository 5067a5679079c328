// What can become of an effect. `before` and `after` are as seen from the world: before it has happened, or when it has
// and the process does not know yet.

import type { EffectKind, Phase } from './effect.ts';

export const Fates = [
  /** The process dies. */
  'crash-before',
  'crash-after',
  /** It never arrives. */
  'lost-before',
  /** It happens, and the answer is lost. */
  'lost-after',
  /** It never arrives, and nothing ever says so: the process waits, and lives. */
  'never-ends-before',
  /** It happens, and the process waits for the answer for ever. */
  'never-ends-after',
  /** It arrives seconds later, yet within the margin of the lease. */
  'late',
  /** Its answer comes seconds later. */
  'slow',
  /** The process stands still for longer than a lease. */
  'pause-before',
  'pause-after',
  /** An earlier state is answered. */
  'stale',
  'throttled',
  'too-many-outstanding',
  'conflict',
  /** A gateway's page, after the call took effect. */
  'gateway',
  /** The operation is accepted, and fails. */
  'fails-later',
  /** As above, with a reason that needs a person. */
  'fails-for-good',
  /** The operation is accepted, and is at it for minutes, longer than anybody waits for its verdict. */
  'hangs',
  /** The page is empty, and there is another one. */
  'empty-page',
  /** The plugin says no. */
  'refused',
] as const;
export type Fate = (typeof Fates)[number];

const FATES_OF: Readonly<Record<EffectKind, readonly Fate[]>> = {
  write: [
    'crash-before',
    'crash-after',
    'lost-before',
    'lost-after',
    'never-ends-before',
    'never-ends-after',
    'late',
    'slow',
    'pause-before',
    'pause-after',
  ],
  read: ['crash-before', 'lost-before', 'never-ends-before', 'slow', 'pause-after'],
  index: ['crash-before', 'lost-before', 'never-ends-before', 'slow', 'pause-after', 'stale'],
  ask: ['crash-before', 'lost-before', 'never-ends-before', 'slow', 'pause-after', 'throttled', 'gateway'],
  call: [
    'crash-before',
    'crash-after',
    'lost-before',
    'lost-after',
    'never-ends-before',
    'never-ends-after',
    'late',
    'slow',
    'pause-before',
    'pause-after',
    'throttled',
    'too-many-outstanding',
    'conflict',
    'gateway',
    'fails-later',
    'fails-for-good',
    'hangs',
  ],
  send: [
    'crash-before',
    'crash-after',
    'lost-before',
    'lost-after',
    'never-ends-before',
    'never-ends-after',
    'slow',
    'pause-after',
    'refused',
  ],
};

const KINDS_OF: Readonly<Record<Phase, readonly EffectKind[]>> = {
  lease: ['read', 'write'],
  listen: ['read'],
  find: ['index'],
  desired: ['read'],
  look: ['ask'],
  list: ['ask'],
  accounts: ['ask'],
  claim: ['write'],
  call: ['call'],
  record: ['write'],
  adopt: ['write'],
  prove: ['write'],
  remember: ['write'],
  sweep: ['index', 'write'],
  judge: ['read', 'write'],
  publish: ['read', 'write'],
  deliver: ['read', 'index', 'write'],
  send: ['send'],
  'api read': ['read', 'index'],
  'api write': ['write'],
};

/** What can become of an effect of this kind in this part of the loop. */
export function fatesOf(kind: EffectKind, phase: Phase): readonly Fate[] {
  const isList = phase === 'list' || phase === 'accounts';
  return isList ? [...FATES_OF[kind], 'stale', 'empty-page'] : FATES_OF[kind];
}

/** What can go wrong in this part of the loop at all. */
export function fatesIn(phase: Phase): readonly Fate[] {
  return [...new Set(KINDS_OF[phase].flatMap((kind) => fatesOf(kind, phase)))];
}
