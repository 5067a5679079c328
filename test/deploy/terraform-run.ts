// Terraform on a copy of the module in a temporary folder, without credentials and without calling AWS: what the tests of
// the module plan with. With TF_PLUGIN_DIR the provider comes from that folder; otherwise from the registry.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const MODULE_FOLDER = fileURLToPath(new URL('../../deploy/terraform/', import.meta.url));
export const Examples = ['ecs', 'lambda', 'tables-only'] as const;
export type Example = (typeof Examples)[number];

export type Ran = { readonly ok: boolean; readonly output: string };
export type Terraform = {
  /** `override` is HCL that is merged into the example. Answers what `terraform show -json` says of the plan. */
  plan(example: Example, options?: PlanOptions): Ran;
  run(example: Example, ...args: readonly string[]): Ran;
  format(): Ran;
  remove(): void;
};
export type PlanOptions = {
  readonly override?: string;
  readonly variables?: Readonly<Record<string, string>>;
};

// No account is asked who calls: a plan of new resources needs none.
const OFFLINE = `provider "aws" {
  access_key                  = "local"
  secret_key                  = "local"
  allowed_account_ids         = null
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}
`;
const RUN_TIMEOUT_MS = 120_000;

/** Why Terraform cannot be used here; or Terraform, with every example initialised. */
export function openTerraform(): { readonly reason: string } | { readonly terraform: Terraform } {
  if (spawnSync('terraform', ['version'], { timeout: RUN_TIMEOUT_MS }).error !== undefined) {
    return { reason: 'the command terraform is not there' };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'jit-terraform-'));
  cpSync(MODULE_FOLDER, folder, { recursive: true, filter: (from) => !from.includes('.terraform') });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const example of Examples) {
    writeFileSync(path.join(folder, 'examples', example, 'a_offline_override.tf'), OFFLINE);
    const ran = runIn(folder, example, ['init', '-backend=false', '-input=false', ...pluginDir()]);
    if (ran.ok) continue;
    remove();
    return { reason: 'terraform init finds no AWS provider (TF_PLUGIN_DIR may name a folder with it)' };
  }
  return {
    terraform: {
      plan: (example, options) => plan(folder, example, options),
      run: (example, ...args) => runIn(folder, example, args),
      format: () => run(['fmt', '-check', '-recursive', '-diff', MODULE_FOLDER], MODULE_FOLDER),
      remove,
    },
  };
}

function pluginDir(): readonly string[] {
  const mirror = process.env.TF_PLUGIN_DIR;
  return mirror === undefined || mirror === '' ? [] : [`-plugin-dir=${mirror}`];
}

function plan(folder: string, example: Example, { override = '', variables = {} }: PlanOptions = {}): Ran {
  writeFileSync(path.join(folder, 'examples', example, 'b_case_override.tf'), override);
  const given = Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`);
  const planned = runIn(folder, example, ['plan', '-input=false', '-no-color', '-out=case.plan', ...given]);
  return planned.ok ? runIn(folder, example, ['show', '-json', 'case.plan']) : planned;
}

function runIn(folder: string, example: Example, args: readonly string[]): Ran {
  return run(args, path.join(folder, 'examples', example));
}

function run(args: readonly string[], cwd: string): Ran {
  const ran = spawnSync('terraform', args, {
    cwd,
    env: environment(),
    encoding: 'utf8',
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: ran.status === 0, output: ran.status === 0 ? ran.stdout : `${ran.stdout}\n${ran.stderr}` };
}

/** Nothing of the machine's own AWS and Terraform settings: what is planned must not depend on them. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|TF_)/.test(name));
  return {
    ...Object.fromEntries(kept),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_REGISTRY_DISCOVERY_RETRY: '0',
    TF_REGISTRY_CLIENT_TIMEOUT: '5',
  };
}
