// What must be right before anything is looked at: the tables, and that they are ours. A table that cannot be reached is
// waited for a while; one that is wrong is said at once.

import pRetry from 'p-retry';
import { claimDeployment, type Deployment, deploymentProblems } from '../src/deployment.ts';
import type { Store } from '../src/store.ts';

export type StartChecks = {
  /** Sentences; throws while the tables cannot be reached. */
  readonly tableProblems: () => Promise<readonly string[]>;
  readonly store: Pick<Store, 'get' | 'transact'>;
  readonly deployment: Deployment;
  /** An observer only compares. */
  readonly mode: 'observe' | 'enforce';
  /** Told of each try that failed, before the next. */
  readonly onRetry: (error: Error) => void;
  readonly retries: number;
  /** The first pause; it doubles, up to `pauseMaxMs`. */
  readonly pauseMs: number;
  readonly pauseMaxMs: number;
};

/** Every problem in sentences; none when all is well. Throws when the tables were not reached in all that time. */
export function problemsAtStart(checks: StartChecks): Promise<readonly string[]> {
  const { retries, pauseMs: minTimeout, pauseMaxMs: maxTimeout } = checks;
  return pRetry(() => checkOnce(checks), {
    retries,
    minTimeout,
    maxTimeout,
    onFailedAttempt: ({ error, retriesLeft }) => {
      if (retriesLeft > 0) checks.onRetry(error);
    },
  });
}

/** Whose tables they are is asked only of tables that are as they should be. */
async function checkOnce({
  tableProblems,
  store,
  deployment,
  mode,
}: StartChecks): Promise<readonly string[]> {
  const problems = await tableProblems();
  if (problems.length > 0) return problems;
  return mode === 'enforce' ? claimDeployment(store, deployment) : deploymentProblems(store, deployment);
}
