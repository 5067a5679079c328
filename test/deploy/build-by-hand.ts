// Does what the Dockerfile says, without an engine: each stage is a folder, each instruction is done in it. What a base
// image holds is not there; everything of ours is.

import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Instruction, pairsOf, parseDockerfile, type Stage } from './dockerfile.ts';

export type BuiltByHand = {
  /** The root of the last stage: `/app` of the image is `app` in it. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
};

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
    if (instruction.keyword === 'RUN') await runIn(workdir, instruction.text);
  }
}

async function copy(folder: string, workdir: string, { flags, text }: Instruction): Promise<void> {
  const sources = text.split(' ');
  const target = sources.pop() ?? '';
  const from = flags.from === undefined ? CONTEXT : path.join(folder, flags.from);
  for (const source of sources) {
    const isIntoFolder = target.endsWith('/');
    const to = path.join(workdir, isIntoFolder ? path.join(target, path.basename(source)) : target);
    await cp(path.join(from, source), to, { recursive: true, verbatimSymlinks: true });
  }
}

async function runIn(cwd: string, command: string): Promise<void> {
  // Of this test run neither the mode nor the options of Node belong into a build.
  const { NODE_ENV: _mode, NODE_OPTIONS: _options, ...env } = process.env;
  const quiet = { npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' };
  await run('/bin/sh', ['-ec', command], { cwd, env: { ...env, ...quiet }, timeout: RUN_WITHIN_MS });
}
