// Does what the Dockerfile says, without an engine: each stage is a folder, each instruction is done in it. What a base
// image holds is not there; everything of ours is. Packages are not installed anew: they are those of this checkout.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Instruction, pairsOf, parseDockerfile, type Stage } from './dockerfile.ts';
import { linkTree } from './link-tree.ts';

export type BuiltByHand = {
  /** The root of the last stage: `/app` of the image is `app` in it. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
};

/** Relative links to the programs of the packages beside it. */
const BINARIES = 'node_modules/.bin';
const CONTEXT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_WITHIN_MS = 240_000;
const run = promisify(execFile);

/** `folder` is empty, and whoever made it removes it. */
export async function buildByHand(folder: string): Promise<BuiltByHand> {
  const stages = parseDockerfile(await readFile(path.join(CONTEXT, 'Dockerfile'), 'utf8'));
  for (const [at, stage] of stages.entries()) await buildStage(folder, stage, at === stages.length - 1);
  const last = stages.at(-1)?.instructions ?? [];
  const execOf = (keyword: string) => last.find((each) => each.keyword === keyword)?.exec ?? [];
  return {
    root: path.join(folder, 'image'),
    env: Object.fromEntries(
      last.filter(({ keyword }) => keyword === 'ENV').flatMap((each) => [...pairsOf(each)]),
    ),
    entrypoint: execOf('ENTRYPOINT'),
    healthcheck: execOf('HEALTHCHECK'),
  };
}

async function buildStage(folder: string, { name, instructions }: Stage, isLast: boolean): Promise<void> {
  const root = path.join(folder, isLast ? 'image' : name);
  let workdir = root;
  for (const instruction of instructions) {
    if (instruction.keyword === 'WORKDIR') {
      workdir = path.join(root, instruction.text);
      await mkdir(workdir, { recursive: true });
    }
    if (instruction.keyword === 'COPY') await copy(folder, workdir, instruction);
    if (instruction.keyword === 'RUN')
      for (const command of instruction.text.split(' && ')) await runIn(workdir, command);
  }
}

async function copy(folder: string, workdir: string, { flags, text }: Instruction): Promise<void> {
  const sources = text.split(' ');
  const target = sources.pop() ?? '';
  const from = flags.from === undefined ? CONTEXT : path.join(folder, flags.from);
  for (const source of sources) {
    const isIntoFolder = target.endsWith('/');
    const to = path.join(workdir, isIntoFolder ? path.join(target, path.basename(source)) : target);
    if (flags.from === undefined) await cp(path.join(from, source), to, { recursive: true });
    else linkTree(path.join(from, source), to);
  }
}

async function runIn(cwd: string, command: string): Promise<void> {
  const [program, verb, ...flags] = command.split(' ');
  if (program === 'npm' && verb === 'ci') return linkPackages(cwd, flags);
  // Of this test run neither the mode nor the options of Node belong into a build.
  const { NODE_ENV: _mode, NODE_OPTIONS: _options, ...env } = process.env;
  const quiet = { npm_config_loglevel: 'error' };
  await run('/bin/sh', ['-ec', command], { cwd, env: { ...env, ...quiet }, timeout: RUN_WITHIN_MS });
}

const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

/** What `npm ci` would put there, as hard links to what it has put here. Other flags than these would be another image. */
async function linkPackages(cwd: string, flags: readonly string[]): Promise<void> {
  const unknown = flags.filter((flag) => !['--omit=dev', '--ignore-scripts'].includes(flag));
  if (unknown.length > 0) throw new Error(`the Dockerfile calls npm ci with ${unknown.join(' ')}`);
  const { packages } = Lock.parse(JSON.parse(await readFile(path.join(cwd, 'package-lock.json'), 'utf8')));
  const wanted = Object.entries(packages).flatMap(([folder, { dev = false }]) =>
    folder === '' || (dev && flags.includes('--omit=dev')) ? [] : [folder],
  );
  // A package for another platform is in the lock file, and not here.
  const here = outermost(wanted).filter((folder) => existsSync(path.join(CONTEXT, folder)));
  for (const folder of [...here, BINARIES]) {
    await mkdir(path.dirname(path.join(cwd, folder)), { recursive: true });
    linkTree(path.join(CONTEXT, folder), path.join(cwd, folder));
  }
  for (const name of await readdir(path.join(cwd, BINARIES)))
    if (!existsSync(path.join(cwd, BINARIES, name))) await rm(path.join(cwd, BINARIES, name));
}

/** A package inside of another one comes with it. */
function outermost(folders: readonly string[]): readonly string[] {
  return folders.filter((folder) => !folder.replace(/^node_modules\//, '').includes('/node_modules/'));
}
