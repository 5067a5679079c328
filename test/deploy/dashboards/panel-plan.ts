// What a dashboard shows, as data: each panel answers one question with one query.

export type Step = { readonly from: number; readonly colour: 'green' | 'orange' | 'red' };

export type PanelPlan = {
  readonly title: string;
  /** What it answers, and what to do when it is not green. */
  readonly description: string;
  readonly expr: string;
  /** Grafana's id of a unit: `s`, `short`, `percentunit`, … */
  readonly unit: string;
  readonly legend?: string;
  /** Colour from each value on; below the first it is `base`, where blue is no verdict. In lines a step is a dashed line. */
  readonly steps?: readonly Step[];
  readonly base?: 'green' | 'red' | 'blue';
  /** Other steps, for the values whose legend begins so. */
  readonly stepsOf?: { readonly legend: string; readonly steps: readonly Step[] };
  /** A value that stands for something in words. */
  readonly word?: { readonly value: number; readonly text: string; readonly colour: 'green' | 'orange' };
  /** The alerts whose thresholds the steps are, and whose runbooks are linked. */
  readonly alerts?: readonly string[];
  readonly kind: 'number' | 'lines' | 'list';
  /** Of 24. */
  readonly width: number;
};

export type RowPlan = { readonly title: string; readonly panels: readonly PanelPlan[] };

export type DashboardPlan = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly rows: readonly RowPlan[];
};

export const NO_DATA = 'NO DATA';

/** The controller that is chosen above. Where targets have no such labels, all is matched. */
export const CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace"';
