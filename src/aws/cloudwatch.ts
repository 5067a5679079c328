// Sends metrics to CloudWatch, and is in nobody's way: one sending at a time, given up after seconds, none of them queued.
// What was counted and could not be sent goes with the next.

import { type CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Measured, type MetricDatum, metricData } from '../metric-data.ts';
import { metricSamples } from '../metric-samples.ts';
import { within } from '../within.ts';

export const CLOUDWATCH_NAMESPACE = 'JIT';

/**
 * Two within each period of an alarm: one that is late or lost leaves no period empty, which would count as silence.
 * Periods are 60 s, the least for metrics of standard resolution:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
export const SEND_INTERVAL_MS = 30_000;
/** Of one call, its connection included. */
const CALL_TIMEOUT_MS = 5_000;
/** At the end somebody waits. */
const LAST_PATIENCE_MS = 2_000;
/** At most 1000 metrics and 1 MB: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const DATA_PER_CALL_MAX = 1_000;

export type CloudWatchDeps = {
  readonly client: Pick<CloudWatchClient, 'send'>;
  readonly registry: Registry;
  /** Which metrics; all of their series are sent. */
  readonly names: readonly string[];
  readonly deployment?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
};

export type CloudWatchSender = {
  /** Sends now, as everything stands at this moment. Never rejects; where a sending is under way, this one is dropped. */
  send(): Promise<void>;
  /** Whether something was counted since it was last sent. */
  hasCounted(): Promise<boolean>;
  /** Sends from now on, until it is stopped. */
  start(): void;
  /** Sends once more, as everything stands at this moment, and resolves, whatever hangs. */
  stop(): Promise<void>;
};

export function createCloudWatchSender(deps: CloudWatchDeps): CloudWatchSender {
  const { registry, names, deployment, clock } = deps;
  const counted = new Map<string, number>();
  const failures = createFailures(deps.log);
  const stopping = new AbortController();
  let underWay: Promise<void> | undefined;

  const measure = async () =>
    metricData(await metricSamples(registry, names), counted, { deployment, nowMs: clock.nowMs() });
  const sendAll = async (measured: readonly Measured[]): Promise<void> => {
    for (let at = 0; at < measured.length; at += DATA_PER_CALL_MAX) {
      const batch = measured.slice(at, at + DATA_PER_CALL_MAX);
      await put(
        deps,
        batch.map(({ datum }) => datum),
      );
      // Only now: what is lost on the way is counted again.
      for (const each of batch) if (each.counted !== undefined) counted.set(each.series, each.counted);
    }
  };
  const send = async (): Promise<void> => {
    if (underWay !== undefined) return failures.dropped();
    underWay = measure().then(sendAll).then(failures.over, failures.failed);
    await underWay;
    underWay = undefined;
  };
  const sendForever = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(SEND_INTERVAL_MS, stopping.signal);
      if (!stopping.signal.aborted) await send();
    }
  };
  return {
    send,
    hasCounted: async () =>
      (await measure()).some(({ counted: count, datum }) => count !== undefined && datum.Value > 0),
    start: () => void sendForever(),
    async stop() {
      stopping.abort();
      // Taken now: what ends with the process is set back to nothing while it ends.
      const last = measure();
      await within(
        clock,
        LAST_PATIENCE_MS,
        lastSending(underWay, async () => sendAll(await last), failures),
      );
    },
  };
}

async function lastSending(
  underWay: Promise<void> | undefined,
  sendLast: () => Promise<void>,
  failures: Failures,
): Promise<void> {
  await underWay;
  await sendLast().then(failures.over, failures.failed);
}

async function put({ client }: CloudWatchDeps, data: readonly MetricDatum[]): Promise<void> {
  const MetricData = data.map((datum) => ({ ...datum, Dimensions: [...datum.Dimensions] }));
  const command = new PutMetricDataCommand({ Namespace: CLOUDWATCH_NAMESPACE, MetricData });
  await client.send(command, { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
}

type Failures = { failed(error: unknown): void; dropped(): void; over(): void };

/** A line when it begins and one when it is over: a log full of the same helps nobody. */
function createFailures(log: Log): Failures {
  let lost = 0;
  let isFailing = false;
  return {
    failed(error) {
      lost += 1;
      if (!isFailing) log.warn('metrics cannot be sent to CloudWatch', { error });
      isFailing = true;
    },
    dropped() {
      lost += 1;
    },
    over() {
      if (isFailing) log.info('metrics are sent to CloudWatch again', { lost });
      isFailing = false;
      lost = 0;
    },
  };
}
