// Opens the way to CloudWatch for a process, where its configuration asks for it.

import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CommonConfig } from '../common-config.ts';
import { ANSWER_MAX_BYTES, type ClientLimits, createBoundedClient } from './bounded-client.ts';
import { type CloudWatchDeps, type CloudWatchSender, createCloudWatchSender } from './cloudwatch.ts';

// The next sending is the retry.
const LIMITS: ClientLimits = {
  connectMs: 2_000,
  attemptMs: 4_000,
  attemptsMax: 1,
  callMs: 5_000,
  answerMaxBytes: ANSWER_MAX_BYTES,
};

/** Undefined where nothing is to be sent. */
export function openCloudWatch(
  { awsRegion: region, cloudWatch }: Pick<CommonConfig, 'awsRegion' | 'cloudWatch'>,
  deps: Omit<CloudWatchDeps, 'client' | 'deployment'>,
): CloudWatchSender | undefined {
  if (cloudWatch === undefined) return undefined;
  const client = createBoundedClient(CloudWatchClient, { region }, LIMITS);
  return createCloudWatchSender({ ...deps, client, deployment: cloudWatch.deployment });
}
