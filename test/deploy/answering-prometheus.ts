// A real Prometheus on loopback that answers from samples it is given: nothing is scraped, and no time passes.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { eventually } from '../e2e/eventually.ts';
import { endWithUs } from '../end-with-us.ts';
import { freePort } from '../free-port.ts';

/** Where it is, with promtool beside it; undefined on a machine without them. */
export const PROMETHEUS = ['/usr/local/bin', '/usr/bin']
  .filter((folder) => existsSync(path.join(folder, 'promtool')))
  .map((folder) => path.join(folder, 'prometheus'))
  .find(existsSync);

export type Sample = { readonly series: string; readonly value: number; readonly atSeconds: number };

const Answered = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
export type Answer = z.output<typeof Answered>['data']['result'];

export type AnsweringPrometheus = {
  readonly ask: (query: string, atSeconds: number) => Promise<Answer>;
  readonly stop: () => Promise<void>;
};

export async function startPrometheus(samples: readonly Sample[]): Promise<AnsweringPrometheus> {
  const binary = PROMETHEUS ?? 'prometheus';
  const folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at('metrics.txt'), openMetrics(samples));
  writeFileSync(at('prometheus.yaml'), '{}\n');
  const promtool = path.join(path.dirname(binary), 'promtool');
  const create = ['tsdb', 'create-blocks-from', 'openmetrics', at('metrics.txt'), at('tsdb')];
  execFileSync(promtool, create, { stdio: 'pipe' });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const storage = [`--storage.tsdb.path=${at('tsdb')}`, '--storage.tsdb.retention.time=100y'];
  const listen = `--web.listen-address=127.0.0.1:${port}`;
  const args = [`--config.file=${at('prometheus.yaml')}`, ...storage, listen];
  const server = endWithUs(spawn(binary, args, { stdio: 'ignore' }));
  await eventually('Prometheus to be ready', async () => {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  });
  return {
    ask: async (query, atSeconds) => {
      const asked = new URLSearchParams({ query, time: String(atSeconds) });
      return Answered.parse(await (await fetch(`${url}/api/v1/query?${asked}`)).json()).data.result;
    },
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The format wants all samples of a series together. */
function openMetrics(samples: readonly Sample[]): string {
  const sorted = samples.toSorted((a, b) =>
    a.series === b.series ? a.atSeconds - b.atSeconds : a.series < b.series ? -1 : 1,
  );
  return `${sorted.map(({ series, value, atSeconds }) => `${series} ${value} ${atSeconds}\n`).join('')}# EOF\n`;
}
