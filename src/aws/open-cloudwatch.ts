// Opens the way to CloudWatch for a process, where its configuration asks for it.

import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CommonConfig } from '../common-config.ts';
import { type CloudWatchDeps, type CloudWatchSender, createCloudWatchSender } from './cloudwatch.ts';

// The next sending is the retry.
const LIMITS = { maxAttempts: 1, requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000 } };

/** Undefined where nothing is to be sent. */
export function openCloudWatch(
  { awsRegion: region, cloudWatch }: Pick<CommonConfig, 'awsRegion' | 'cloudWatch'>,
  deps: Omit<CloudWatchDeps, 'client' | 'deployment'>,
): CloudWatchSender | undefined {
  if (cloudWatch === undefined) return undefined;
  const client = new CloudWatchClient({ region, ...LIMITS });
  return createCloudWatchSender({ ...deps, client, deployment: cloudWatch.deployment });
}
