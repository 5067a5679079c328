// What `@aws-sdk/client-cloudwatch` really sends for a PutMetricData: AWS JSON 1.0, the operation in a header, instants as
// seconds. Read as CloudWatch would, and nothing else is.

import { z } from 'zod';

export const PUT_METRIC_DATA = 'GraniteServiceVersion20100801.PutMetricData';

const Datum = z
  .strictObject({
    MetricName: z.string().min(1).max(255),
    Dimensions: z
      .array(z.strictObject({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
      .max(30),
    Timestamp: z.number(),
    Value: z.number(),
    Unit: z.enum(['Count', 'Seconds', 'None']),
  })
  .transform(({ MetricName, Dimensions, Timestamp, Value, Unit }) => ({
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value: value }) => [Name, value])),
    atMs: Timestamp * 1000,
    value: Value,
    unit: Unit,
  }));
export type TakenDatum = z.output<typeof Datum>;

const Body = z.strictObject({ Namespace: z.string(), MetricData: z.array(Datum).min(1).max(1000) });

/** Throws for what CloudWatch would not take. */
export function readMetricData(body: Buffer): { namespace: string; data: readonly TakenDatum[] } {
  const { Namespace, MetricData } = Body.parse(JSON.parse(body.toString()));
  return { namespace: Namespace, data: MetricData };
}
