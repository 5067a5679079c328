// The whole list, in the order in which it is run.

import { ApiMutants } from './api-mutants.ts';
import { CanaryMutants } from './canary-mutants.ts';
import { ClaimMutants } from './claim-mutants.ts';
import { CreatingMutants } from './creating-mutants.ts';
import { DeletingMutants } from './deleting-mutants.ts';
import { DesiredMutants } from './desired-mutants.ts';
import { DoubtMutants } from './doubt-mutants.ts';
import { EndingMutants } from './ending-mutants.ts';
import { EvidenceMutants } from './evidence-mutants.ts';
import { FollowMutants } from './follow-mutants.ts';
import { GuardMutants } from './guard-mutants.ts';
import { HeatMutants } from './heat-mutants.ts';
import { LeaderMutants } from './leader-mutants.ts';
import { MendMutants } from './mend-mutants.ts';
import type { Mutant } from './mutant.ts';
import { OutboxMutants } from './outbox-mutants.ts';
import { RecordMutants } from './record-mutants.ts';
import { RestMutants } from './rest-mutants.ts';
import { WorkMutants } from './work-mutants.ts';

export const Mutants: readonly Mutant[] = [
  ...RestMutants,
  ...CreatingMutants,
  ...DeletingMutants,
  ...EvidenceMutants,
  ...EndingMutants,
  ...DoubtMutants,
  ...DesiredMutants,
  ...ClaimMutants,
  ...FollowMutants,
  ...MendMutants,
  ...GuardMutants,
  ...HeatMutants,
  ...LeaderMutants,
  ...OutboxMutants,
  ...WorkMutants,
  ...ApiMutants,
  ...CanaryMutants,
  ...RecordMutants,
];
