// The units that were computed, beside those that DynamoDB Local reports for the very same requests on the same rows.

import { MINUTE } from '../../test/world.ts';
import { askDynamoDbLocal } from './ask-dynamodb-local.ts';
import { createIdleWorld } from './idle-world.ts';
import { allRows, watchTicks } from './watch-idle.ts';

export type CrossCheck = {
  readonly requests: number;
  /** Queries that find nothing: DynamoDB asks the least for them, DynamoDB Local nothing. */
  readonly empty: number;
  /** All others for which the two differ. */
  readonly different: number;
};

const GRANTS = 200;

/** Undefined where there is no Java. Only what reads is asked again: the rows stay as they are. */
export async function crossCheck(): Promise<CrossCheck | undefined> {
  const world = await createIdleWorld({ name: 'cross-check', grants: GRANTS, settled: GRANTS });
  const { asked } = await watchTicks(world, 2 * MINUTE);
  const reads = asked.filter((each) => each.reads > 0);
  const reported = await askDynamoDbLocal(allRows(world), reads);
  if (reported === undefined) return undefined;
  const others = reads.filter(({ readUnits }, n) => readUnits !== reported[n]);
  const empty = reported.filter((units) => units === 0).length;
  return { requests: reads.length, empty, different: others.length - empty };
}
