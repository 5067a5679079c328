// What a benchmark is: something measured beside a baseline of the same run, as figures, tables and curves.

export type Say = (line: string) => void;

/** One figure of a run. A ratio says what it was measured against. */
export type Measure = {
  readonly name: string;
  readonly value: number;
  /** `×` for a ratio, otherwise the unit as it is printed: `s`, `ms`, `MiB`, `calls`. */
  readonly unit: string;
  /** What it must not exceed, or fall below, to be good enough. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** What the figure is a ratio of, or how it was taken, in some words. */
  readonly against?: string;
};

export type BenchTable = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
};

export type Curve = {
  /** Names the picture's file. */
  readonly name: string;
  readonly title: string;
  readonly x: { readonly label: string; readonly logarithmic?: boolean };
  readonly y: { readonly label: string; readonly logarithmic?: boolean };
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
};

export type BenchResult = {
  readonly measures: readonly Measure[];
  readonly tables?: readonly BenchTable[];
  readonly curves?: readonly Curve[];
  /** What a reader must know to read the figures rightly. */
  readonly notes?: readonly string[];
};

/** `say` is for progress while it runs. */
export type Bench = (say: Say) => Promise<BenchResult>;

/** Undefined where there is no goal. */
export function isMet({ value, goal }: Measure): boolean | undefined {
  if (goal === undefined) return undefined;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}
