// A real Prometheus with the scaled rules and a real Alertmanager with the inhibition that is shipped, on loopback, and the
// receiver who is told. Whoever opens it closes it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type AlertRules, parseRules, rulesText } from '../deploy/alert-rules.ts';
import { eventually } from '../e2e/eventually.ts';
import { endWithUs } from '../end-with-us.ts';
import { freePort } from '../free-port.ts';
import { scaleRules } from './scale-rules.ts';

/** A minute of the rules is a second here. */
export const FACTOR = 60;

const INHIBIT_RULES = fileURLToPath(new URL('../../deploy/prometheus/inhibit-rules.yaml', import.meta.url));
const SCRAPE_MS = 250;
// Prometheus looks back five minutes for a series that is not scraped any more.
const LOOK_BACK_MS = (5 * 60_000) / FACTOR;
const ENDS_WITHIN_MS = 10_000;

const ToldAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  fingerprint: z.string(),
  labels: z.looseObject({ alertname: z.string(), severity: z.string() }),
  annotations: z.record(z.string(), z.string()),
});
export type ToldAlert = z.output<typeof ToldAlert>;
const Told = z.object({ alerts: z.array(ToldAlert) });
const Pending = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.looseObject({ alertname: z.string() }), state: z.string() })),
  }),
});

export type WatchPost = {
  /** What somebody was told, oldest first. */
  told(): readonly ToldAlert[];
  /** `alertname severity` of what somebody was told of last, and that has not been said to be over. */
  firing(): readonly string[];
  /** `alertname state` of what Prometheus itself holds, pending or firing. */
  held(): Promise<readonly string[]>;
  /** From now on these are scraped, each `host:port`. */
  watch(targets: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

/** Why there can be no watch post here; undefined where there can. */
export function whatIsMissing(): string | undefined {
  const missing = ['prometheus', 'prometheus-alertmanager', 'amtool'].filter(
    (name) => find(name) === undefined,
  );
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} not found; on Debian: apt-get install prometheus prometheus-alertmanager`;
}

function find(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/bin', '/usr/bin']
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(existsSync);
}

/** Ready when it resolves; nothing is scraped yet. */
export async function openWatchPost(): Promise<WatchPost> {
  const folder = await mkdtemp(path.join(tmpdir(), 'watch-post-'));
  const told: ToldAlert[] = [];
  const receiver = await openReceiver(told);
  const ports = { prometheus: await freePort(), alertmanager: await freePort() };
  const scaled = scaleRules(parseRules(rulesText()), FACTOR);
  await writeConfiguration(folder, { ...ports, receiver: receiver.port, rules: scaled });
  const children = [startAlertmanager(folder, ports.alertmanager), startPrometheus(folder, ports.prometheus)];
  const close = async () => {
    await Promise.all(children.map(end));
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${ports.prometheus}`;
  try {
    await untilReady(`http://127.0.0.1:${ports.alertmanager}`, children);
    await untilReady(url, children);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    told: () => told,
    firing: () => firingOf(told),
    held: async () => {
      const { data } = Pending.parse(await (await fetch(`${url}/api/v1/alerts`)).json());
      return data.alerts.map(({ labels, state }) => `${labels.alertname} ${state}`);
    },
    watch: (targets) => writeTargets(folder, targets),
    close,
  };
}

function firingOf(told: readonly ToldAlert[]): readonly string[] {
  const last = new Map(told.map((alert) => [alert.fingerprint, alert]));
  const firing = [...last.values()].filter(({ status }) => status === 'firing');
  return [...new Set(firing.map(nameOf))].sort();
}

export function nameOf({ labels }: ToldAlert): string {
  return `${labels.alertname} ${labels.severity}`;
}

async function writeConfiguration(
  folder: string,
  { alertmanager, receiver, rules }: { alertmanager: number; receiver: number; rules: AlertRules },
): Promise<void> {
  const at = (name: string) => path.join(folder, name);
  const prometheus = {
    global: { scrape_interval: `${SCRAPE_MS}ms`, evaluation_interval: `${SCRAPE_MS}ms` },
    rule_files: [at('rules.yaml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
    scrape_configs: [{ job_name: 'jit-access', file_sd_configs: [{ files: [at('targets.json')] }] }],
  };
  const url = `http://127.0.0.1:${receiver}/`;
  const alerts = {
    // Long enough for the cause to arrive before its consequence is told.
    route: {
      receiver: 'people',
      group_by: ['...'],
      group_wait: '1s',
      group_interval: '1s',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'people', webhook_configs: [{ url, send_resolved: true }] }],
    ...parse(readFileSync(INHIBIT_RULES, 'utf8')),
  };
  await writeFile(at('rules.yaml'), stringify(rules));
  await writeFile(at('prometheus.yaml'), stringify(prometheus));
  await writeFile(at('alertmanager.yaml'), stringify(alerts));
  await writeTargets(folder, []);
}

async function writeTargets(folder: string, targets: readonly string[]): Promise<void> {
  const groups = targets.length === 0 ? [] : [{ targets, labels: { namespace: 'jit-access' } }];
  await writeFile(path.join(folder, 'targets.json'), JSON.stringify(groups));
}

function startPrometheus(folder: string, port: number): ChildProcess {
  return start('prometheus', [
    `--config.file=${path.join(folder, 'prometheus.yaml')}`,
    `--storage.tsdb.path=${path.join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--query.lookback-delta=${LOOK_BACK_MS}ms`,
    '--rules.alert.resend-delay=1s',
    '--log.level=warn',
  ]);
}

function startAlertmanager(folder: string, port: number): ChildProcess {
  return start('prometheus-alertmanager', [
    `--config.file=${path.join(folder, 'alertmanager.yaml')}`,
    `--storage.path=${path.join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=warn',
  ]);
}

function start(name: string, args: readonly string[]): ChildProcess {
  const child = endWithUs(spawn(find(name) ?? name, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(-4_000);
  });
  child.once('exit', (code) => {
    if (code !== null && code !== 0) process.stderr.write(`${name} ended with ${code}:\n${output}\n`);
  });
  return child;
}

async function untilReady(url: string, children: readonly ChildProcess[]): Promise<void> {
  await eventually(`${url} to be ready`, async () => {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('it ended by itself');
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  await ended;
  clearTimeout(late);
}

async function openReceiver(told: ToldAlert[]): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      told.push(...Told.parse(JSON.parse(body)).alerts);
      response.end();
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
