// What of a process's metrics goes to CloudWatch, as data: levels as they are, and of what is only counted up the increase
// since it was last taken there. Pure.

/** One value of a registry, with its labels. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** As CloudWatch takes it. */
export type MetricDatum = {
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Timestamp: Date;
  readonly Value: number;
  readonly Unit: 'Count' | 'Seconds' | 'None';
};

/** What was counted when it was last taken, by series; a series that is not in it was never taken. */
export type Counted = ReadonlyMap<string, number>;

/** One datum, and what is counted once it was taken. */
export type Measured = { readonly datum: MetricDatum; readonly series: string; readonly counted?: number };

/**
 * Labels become dimensions of the same name, and `deployment` another one where it is given: two controllers in one account
 * and region would otherwise hide each other's silence.
 */
export function metricData(
  samples: readonly Sample[],
  counted: Counted,
  { deployment, nowMs }: { readonly deployment?: string | undefined; readonly nowMs: number },
): readonly Measured[] {
  return samples.map(({ name, labels, value }) => {
    const series = `${name} ${JSON.stringify(labels)}`;
    const isCount = name.endsWith('_total');
    const dimensions = { ...labels, ...(deployment === undefined ? {} : { deployment }) };
    const datum: MetricDatum = {
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Timestamp: new Date(nowMs),
      Value: isCount ? value - (counted.get(series) ?? 0) : value,
      Unit: unitOf(name),
    };
    return isCount ? { datum, series, counted: value } : { datum, series };
  });
}

/** An instant is no duration: a sum of its seconds would mean nothing. */
function unitOf(name: string): MetricDatum['Unit'] {
  if (name.endsWith('_timestamp_seconds')) return 'None';
  return name.endsWith('_seconds') ? 'Seconds' : 'Count';
}
