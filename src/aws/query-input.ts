// Translates a query, which is plain data, into DynamoDB's key condition.

import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Query } from '../store.ts';
import { createPlaceholders, type Placeholders } from './transact-item.ts';

/** The input for one page. A range that is empty must not get here: DynamoDB refuses `BETWEEN 'b' AND 'a'`. */
export function toQueryInput(query: Query, tableName: string): QueryCommandInput {
  const placeholders = createPlaceholders();
  const partition = `${placeholders.name(query.partition.attribute)} = ${placeholders.value(query.partition.value)}`;
  const sort = query.sort === undefined ? [] : toSortCondition(query.sort, placeholders);
  return {
    TableName: tableName,
    IndexName: query.index,
    KeyConditionExpression: [partition, ...sort].join(' AND '),
    ScanIndexForward: query.descending !== true,
    Limit: query.limit,
    ExclusiveStartKey: query.after,
    ConsistentRead: query.consistent,
    ...placeholders.input(),
  };
}

function toSortCondition(sort: NonNullable<Query['sort']>, { name, value }: Placeholders): string[] {
  const { from, to, beginsWith } = sort;
  if (beginsWith !== undefined) return [`begins_with(${name(sort.attribute)}, ${value(beginsWith)})`];
  if (from !== undefined && to !== undefined) {
    return [`${name(sort.attribute)} BETWEEN ${value(from)} AND ${value(to)}`];
  }
  if (from !== undefined) return [`${name(sort.attribute)} >= ${value(from)}`];
  if (to !== undefined) return [`${name(sort.attribute)} <= ${value(to)}`];
  return [];
}
