// Where the compiled code lies that the tests run as processes.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Each run has a folder of its own below it: two runs in one checkout must not compile over each other. */
export const BUILT = '.built';
/** Names the folder of this run, from the project's folder on. */
export const FOLDER_VARIABLE = 'TEST_BUILT';

/** The compiled file of `api/main.ts`, in the project's folder or in that of another version of it. */
export function built(source: string, folder = ROOT): string {
  const ofThisRun = folder === ROOT ? process.env[FOLDER_VARIABLE] : undefined;
  return path.join(folder, ofThisRun ?? BUILT, source.replace(/\.ts$/, '.js'));
}

/** Into `outDir`, from `folder` on. Throws with what the compiler says where it finds a mistake. */
export function compile(folder: string, { config, outDir = BUILT, flags = [] }: CompileOptions): void {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', config, '--outDir', outDir, ...flags], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 300_000,
    });
  } catch (error) {
    const { stdout = '' } = error as { readonly stdout?: string };
    throw new Error(`${folder} does not compile:\n${stdout}`, { cause: error });
  }
}

export type CompileOptions = {
  readonly config: string;
  readonly outDir?: string;
  readonly flags?: readonly string[];
};
