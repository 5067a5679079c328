// What a dashboard shows, as data: each panel answers one question with one query.

export type PanelPlan = {
  readonly title: string;
  /** What it answers, and what to do when it is not green. */
  readonly description: string;
  readonly expr: string;
  /** Grafana's id of a unit: `s`, `short`, `percentunit`, … */
  readonly unit: string;
  readonly legend?: string;
  /** Colour from each value on; below the first it is `base`. */
  readonly steps?: readonly { readonly from: number; readonly colour: 'green' | 'orange' | 'red' }[];
  readonly base?: 'green' | 'red';
  /** The alert whose thresholds the steps are, and whose runbook is linked. */
  readonly alert?: string;
  /** Where nothing is shown. Unless said otherwise that is an alarm: a number that is not there is no zero. */
  readonly noValue?: string;
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
