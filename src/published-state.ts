// What the reconciler tells the rest of the world about itself, as rows of `jit_control`. The API only reads these.

import { z } from 'zod';
import type { Key } from './store.ts';

/** In observe mode every row has this prefix, so that an observer can run beside an enforcing controller. */
export const OBSERVE_PREFIX = 'observe#';

export type PublishedName = 'status' | 'coverage' | 'drift' | 'withheld';

export function publishedKey(name: PublishedName, mode: 'observe' | 'enforce'): Key {
  return { name: mode === 'observe' ? `${OBSERVE_PREFIX}${name}` : name };
}

export const ReconcilerStatus = z.object({
  published_at: z.string(),
  mode: z.enum(['observe', 'enforce']),
  leader: z.object({ holder: z.string(), epoch: z.int() }).optional(),
  last_pass: z
    .object({ finished_at: z.string(), outcome: z.enum(['ok', 'failed']), duration_ms: z.number() })
    .optional(),
  last_full_sweep_at: z.string().optional(),
  /** Assignments with work under way, by stage. */
  backlog: z.record(z.string(), z.int()),
  oldest_overdue_seconds: z.number(),
  overdue: z.int(),
  stuck: z.int(),
  call_budget: z.object({
    rate_per_second: z.number(),
    outstanding: z.int(),
    outstanding_max: z.int(),
    queued: z.record(z.string(), z.int()),
  }),
  /** Of the process that publishes this. Absent in what an earlier version published. */
  clock: z
    .object({
      /** By how much it is ahead of AWS's at the least; negative where it is behind. Absent while AWS's time is not known. */
      offset_seconds: z.number().optional(),
      /** How many answers of AWS that stands on. */
      answers: z.int(),
      /** So far off that nothing is ended by it. */
      wrong: z.boolean(),
      /** By AWS's time. */
      wrong_since: z.string().optional(),
      says: z.string().optional(),
    })
    .optional(),
  outbox: z.object({ pending: z.int(), oldest_seconds: z.number(), last_error: z.string().optional() }),
  brake: z.object({
    tripped: z.boolean(),
    reason: z.string().optional(),
    withheld: z.int(),
    digest: z.string().optional(),
  }),
});
export type ReconcilerStatus = z.output<typeof ReconcilerStatus>;

export const UnreadPair = z.object({
  permission_set_arn: z.string(),
  /** Absent where not even the accounts of the permission set could be listed. */
  account_id: z.string().optional(),
  why: z.string(),
  /** AWS answers, and does not know the permission set: nobody holds anything through it. */
  unknown_to_aws: z.boolean().optional(),
  /** No completed sweep under this scope could read it: what is found there first waits for a release. */
  never_read: z.boolean().optional(),
});
export type UnreadPair = z.output<typeof UnreadPair>;

export const CoverageHead = z.object({
  completed_at: z.string(),
  started_at: z.string(),
  duration_seconds: z.number(),
  pairs: z.int(),
  /** Live managed assignments seen. */
  live: z.int(),
  unread: z.int(),
});
export type CoverageHead = z.output<typeof CoverageHead>;
