// One table in one shape, whether a plan of Terraform says it or TableDefinitions: what a comparison looks at.

import { z } from 'zod';
import type { TableDefinition } from '../../src/table-definitions.ts';

// A plan says "" where an index has no such key.
const key = z
  .string()
  .nullish()
  .transform((name) => name || undefined);
const Index = z.object({
  name: z.string(),
  hash_key: z.string(),
  range_key: key,
  projection_type: z.string(),
});
const PlannedTable = z.object({
  name: z.string(),
  hash_key: z.string(),
  range_key: key,
  billing_mode: z.string(),
  deletion_protection_enabled: z.boolean(),
  attribute: z.array(z.object({ name: z.string(), type: z.string() })),
  global_secondary_index: z.array(Index).nullish(),
  local_secondary_index: z.array(z.unknown()).nullish(),
  ttl: z.array(z.object({ attribute_name: z.string(), enabled: z.boolean() })).nullish(),
  point_in_time_recovery: z.array(z.object({ enabled: z.boolean() })),
});

export type TableShape = {
  readonly name: string;
  readonly keys: readonly (string | undefined)[];
  readonly indexes: readonly string[];
  readonly attributes: readonly string[];
  readonly timeToLive: readonly string[];
  readonly safety: readonly unknown[];
};

/** Throws where the values are not those of a table. */
export function tableOf(values: Readonly<Record<string, unknown>>): TableShape {
  const table = PlannedTable.parse(values);
  return {
    name: table.name,
    keys: [table.hash_key, table.range_key],
    indexes: (table.global_secondary_index ?? [])
      .map((index) => describeIndex(index.name, [index.hash_key, index.range_key], index.projection_type))
      .toSorted(),
    attributes: table.attribute.map(({ name, type }) => `${name} ${type}`).toSorted(),
    timeToLive: (table.ttl ?? []).filter(({ enabled }) => enabled).map((ttl) => ttl.attribute_name),
    safety: [
      table.billing_mode,
      table.deletion_protection_enabled,
      table.point_in_time_recovery.map(({ enabled }) => enabled),
      table.local_secondary_index ?? [],
    ],
  };
}

export function wantedTable(name: string, definition: TableDefinition): TableShape {
  const { partition, sort, indexes, timeToLive } = definition;
  const keyed = [definition, ...indexes].flatMap((each) => [each.partition, each.sort ?? []].flat());
  return {
    name,
    keys: [partition, sort],
    indexes: indexes
      .map((index) => describeIndex(index.name, [index.partition, index.sort], 'ALL'))
      .toSorted(),
    attributes: [...new Set(keyed)].map((attribute) => `${attribute} S`).toSorted(),
    timeToLive: timeToLive === undefined ? [] : [timeToLive],
    safety: ['PAY_PER_REQUEST', true, [true], []],
  };
}

function describeIndex(name: string, keys: readonly (string | undefined)[], projection: string): string {
  return `${name} (${keys.filter((each) => each !== undefined).join(', ')}) ${projection}`;
}
