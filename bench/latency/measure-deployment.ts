// One deployment from its start to its end: grants, samples, and in one process also operations that take longer.

import { setTimeout as delay } from 'node:timers/promises';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import { createLocalCaller } from '../../test/e2e/local-caller.ts';
import { startContestant } from '../api/contestant.ts';
import type { Say } from '../bench.ts';
import { type BareClients, openBareClients } from './bare-call.ts';
import { AccountIds, BARE_SET, Wishes } from './latency-organisation.ts';
import { type Granted, type LatencyStage, type Mode, openLatencyStage } from './latency-stage.ts';
import { type OurSample, type Samples, sampleOurs, takeSamples } from './take-samples.ts';

/** More than a page. */
const HISTORY = 120;
/** The one before in the same account has ended by then. */
const HISTORY_PAUSE_MS = 20;

export type Extent = {
  readonly warmUp: number;
  readonly samples: number;
  /** How long operations take while all samples are taken. */
  readonly operationMs: number;
  /** Other durations of operations, and how many revokes with each. */
  readonly durations: { readonly operationMs: readonly number[]; readonly samples: number };
};

export type Measured = Samples & {
  /** By how long operations took. */
  readonly byOperationMs: ReadonlyMap<number, readonly OurSample[]>;
};

export async function measureDeployment(
  mode: Mode,
  dynamoDb: string,
  extent: Extent,
  say: Say,
): Promise<Measured> {
  const { warmUp, samples, operationMs, durations } = extent;
  const stage = await openLatencyStage({ mode, dynamoDb, operationMs });
  const bareServer = await startContestant('bare');
  const clients = openBareClients(stage.urls);
  const caller = createLocalCaller({ api: bareServer.url, identityCenter: stage.urls.identityCenter });
  try {
    const counted = warmUp + samples;
    const others = durations.operationMs.length * durations.samples;
    say(`${mode}: granting ${counted + others} requests`);
    const granted = await stage.grant(Wishes.slice(0, counted + others));
    const parts = { tables: stage.tables, clients, caller };
    await fillHistory(clients);
    const taken = await takeSamples(stage, parts, { granted: granted.slice(0, counted), warmUp }, (line) =>
      say(`${mode}: ${line}`),
    );
    const byOperationMs = await sampleDurations(stage, granted.slice(counted), durations);
    return { ...taken, byOperationMs };
  } finally {
    clients.close();
    await bareServer.end();
    await stage.close();
  }
}

/**
 * Identity Center's lists of past operations are longer than a page in any deployment that is not new, and from then on
 * what the first page says may be another thing.
 */
async function fillHistory(clients: BareClients): Promise<void> {
  const [{ userId } = { userId: '' }] = Wishes;
  for (let at = 0; at < HISTORY; at += 1) {
    const TargetId = AccountIds[at % AccountIds.length];
    const input = {
      InstanceArn: DEMO_INSTANCE_ARN,
      PermissionSetArn: BARE_SET,
      PrincipalId: userId,
      TargetId,
    };
    await clients.send({ operation: 'DeleteAccountAssignment', body: JSON.stringify(input) });
    await delay(HISTORY_PAUSE_MS);
  }
}

async function sampleDurations(
  stage: LatencyStage,
  granted: readonly Granted[],
  { operationMs, samples }: Extent['durations'],
): Promise<Measured['byOperationMs']> {
  const byOperationMs = new Map<number, readonly OurSample[]>();
  for (const [at, durationMs] of operationMs.entries()) {
    await stage.caller.admin('PUT', '/admin/settings', { operationMs: durationMs });
    const taken: OurSample[] = [];
    for (const each of granted.slice(at * samples, (at + 1) * samples))
      taken.push((await sampleOurs(stage, each)).sample);
    byOperationMs.set(durationMs, taken);
  }
  return byOperationMs;
}
