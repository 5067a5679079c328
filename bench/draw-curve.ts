// A curve as a picture, for the README.

import { createRequire } from 'node:module';
import type { Curve } from './bench.ts';

/** What is used of it: its own types need those of a browser. */
type Charts = {
  init(
    element: null,
    theme: null,
    options: {
      readonly renderer: 'svg';
      readonly ssr: true;
      readonly width: number;
      readonly height: number;
    },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
};
const charts: Charts = createRequire(import.meta.url)('echarts');

const WIDTH_PX = 860;
const HEIGHT_PX = 440;

export function drawCurve({ title, x, y, series }: Curve): string {
  const chart = charts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height: HEIGHT_PX });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { bottom: 0 },
    grid: { left: 70, right: 30, top: 50, bottom: 80 },
    xAxis: {
      type: x.logarithmic === true ? 'log' : 'value',
      name: x.label,
      nameLocation: 'middle',
      nameGap: 28,
    },
    yAxis: {
      type: y.logarithmic === true ? 'log' : 'value',
      name: y.label,
      nameLocation: 'middle',
      nameGap: 50,
    },
    series: series.map(({ name, points }) => ({
      type: 'line',
      name,
      data: points.map((point) => [...point]),
      showSymbol: points.length < 30,
      lineStyle: { width: 2 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
