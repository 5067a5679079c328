// The code of an earlier commit in a folder of its own, with the packages that are installed here: nothing is fetched.
// `UPGRADE_FROM` names the commit. Without it, it is the last one before what lies in the working tree.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { compile, ROOT } from '../built.ts';

export type EarlierCode = {
  /** Abbreviated, with the first line of its message. */
  readonly name: string;
  readonly folder: string;
  remove(): void;
};

const INSTALLED = path.join(ROOT, 'node_modules');

/** Why there is no earlier code to be had here; undefined where there is. Throws where one was asked for by name. */
export function whyNoEarlierCode(env = process.env): string | undefined {
  const problem = problemWith(env);
  if (problem !== undefined && env.UPGRADE_FROM !== undefined) throw new Error(problem);
  return problem;
}

/** Compiled. Whoever takes it out removes it. */
export function takeOutEarlierCode(env = process.env): EarlierCode {
  const revision = revisionOf(env);
  const folder = mkdtempSync(path.join(tmpdir(), 'earlier-code-'));
  const archive = path.join(folder, 'code.tar');
  git('archive', '--format=tar', `--output=${archive}`, revision);
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  symlinkSync(INSTALLED, path.join(folder, 'node_modules'));
  // Types were checked when it was written, by the compiler of then.
  compile(folder, { config: 'tsconfig.build.json', flags: ['--noCheck'] });
  return {
    name: git('log', '-1', '--format=%h %s', revision).trim(),
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function problemWith(env: NodeJS.ProcessEnv): string | undefined {
  try {
    git('rev-parse', '--git-dir');
  } catch {
    return 'this is no clone of a git repository';
  }
  const revision = revisionOf(env);
  try {
    git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  } catch {
    return `the commit ${revision} is not in this clone`;
  }
  const others = packagesOf(revision).filter(([name, version]) => installedVersion(name) !== version);
  if (others.length === 0) return undefined;
  return `${revision} needs packages that are not installed here: ${others.map((pinned) => pinned.join('@')).join(', ')}`;
}

function revisionOf({ UPGRADE_FROM }: NodeJS.ProcessEnv): string {
  return UPGRADE_FROM ?? (git('status', '--porcelain', '--untracked-files=no') === '' ? 'HEAD~1' : 'HEAD');
}

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

function packagesOf(revision: string): readonly (readonly [string, string])[] {
  return Object.entries(Manifest.parse(JSON.parse(git('show', `${revision}:package.json`))).dependencies);
}

function installedVersion(name: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path.join(INSTALLED, name, 'package.json'), 'utf8'));
    return z.object({ version: z.string() }).parse(manifest).version;
  } catch {
    return undefined;
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
