// What tests need of the machine that not every machine has. Where it is missing they are left out, never red, and the run
// says at its end how many, and how to bring it.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestOptions } from 'vitest';

/** What is missing without it, and the command that brings it. */
export const Needs = {
  java: {
    is: 'Java 17 or later, for DynamoDB Local',
    bring: 'apt-get install -y openjdk-17-jre-headless',
  },
  aws: { is: 'the aws command', bring: 'apt-get install -y awscli' },
  prometheus: { is: 'prometheus and promtool', bring: 'apt-get install -y prometheus' },
  faketime: { is: "Debian's libfaketime", bring: 'apt-get install -y faketime' },
  terraform: {
    is: 'terraform and its AWS provider',
    bring:
      'put terraform on the PATH; where its registry cannot be reached, TF_PLUGIN_DIR=FOLDER names a mirror',
  },
  kubectl: { is: 'kubectl', bring: 'apt-get install -y kubernetes-client' },
  unshare: { is: 'the right to make a process namespace', bring: 'sudo npm run test:full' },
  linux: { is: 'Linux, with /dev/full and /proc', bring: 'run the tests on Linux' },
  ps: { is: 'ps', bring: 'apt-get install -y procps' },
  openssl: { is: 'openssl', bring: 'apt-get install -y openssl' },
  prlimit: { is: 'prlimit', bring: 'apt-get install -y util-linux' },
  history: {
    is: 'an earlier commit that needs the packages installed here',
    bring: 'git fetch --unshallow, or UPGRADE_FROM=COMMIT names one',
  },
} as const satisfies Record<string, { readonly is: string; readonly bring: string }>;

export type Need = keyof typeof Needs;

/** Whether a program is on the path. */
export function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** For `describe` and `test`: whether what they need is there. */
export function needs(isThere: Partial<Readonly<Record<Need, boolean>>>): TestOptions {
  const missing = Object.entries(isThere).flatMap(([need, there]) => (there ? [] : [need]));
  return { skip: missing.length > 0, tags: missing };
}
