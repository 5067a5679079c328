// Which organisation and which requests these tables belong to, as a row of `jit_control`. A process that is configured
// otherwise must not start: it would judge the access of one organisation by the requests of another.

import { z } from 'zod';
import type { Row, Store, StoreReader } from './store.ts';

export type Deployment = { readonly instanceArn: string; readonly requestsTable: string };

const DeploymentRow = z.object({ instance_arn: z.string(), requests_table: z.string() });

const DEPLOYMENT_KEY = { name: 'deployment' } as const;

/** What keeps a process from belonging here, in sentences. Tables that nobody has claimed yet belong to anybody. */
export async function deploymentProblems(
  store: Pick<StoreReader, 'get'>,
  deployment: Deployment,
): Promise<readonly string[]> {
  return compare(await store.get('control', DEPLOYMENT_KEY), deployment);
}

/** The same, and tables that nobody has claimed are claimed for good, by the first that comes. */
export async function claimDeployment(
  store: Pick<Store, 'get' | 'transact'>,
  deployment: Deployment,
): Promise<readonly string[]> {
  const row = await store.get('control', DEPLOYMENT_KEY);
  if (row !== undefined) return compare(row, deployment);
  const { instanceArn: instance_arn, requestsTable: requests_table } = deployment;
  await store.transact([
    {
      kind: 'put',
      table: 'control',
      row: { ...DEPLOYMENT_KEY, instance_arn, requests_table },
      onlyIf: [{ attribute: 'name', absent: true }],
    },
  ]);
  // Whether it was written or refused: what lies there now counts.
  return compare(await store.get('control', DEPLOYMENT_KEY), deployment);
}

function compare(row: Row | undefined, deployment: Deployment): readonly string[] {
  if (row === undefined) return [];
  const recorded = DeploymentRow.safeParse(row);
  if (!recorded.success)
    return ['The row "deployment" of the control table cannot be understood: it must be put right by hand.'];
  const { instance_arn, requests_table } = recorded.data;
  return [
    ...differing('SSO_INSTANCE_ARN', deployment.instanceArn, instance_arn),
    ...differing('TABLE_REQUESTS', deployment.requestsTable, requests_table),
  ];
}

function differing(variable: string, configured: string, recorded: string): readonly string[] {
  if (configured === recorded) return [];
  return [`${variable} is "${configured}", but these tables belong to "${recorded}": expected the same.`];
}
