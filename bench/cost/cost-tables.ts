// The bill as the tables that docs/operations.md shows, in Markdown. Pure.

import {
  CloudWatchLines,
  type CostLine,
  FargateLines,
  lambdaLines,
  type Measured,
  NatLines,
  SecretLines,
  type Size,
  Sizes,
  tableLines,
  total,
} from './month-costs.ts';
import { Prices } from './prices.ts';

/** In the order in which the page shows them. */
export function costTables(measured: Measured): readonly string[] {
  return [
    totalsTable(measured),
    ...Sizes.map((size) => linesTable(size, measured)),
    sharedTable(),
    priceTable(),
  ];
}

function linesTable(size: Size, measured: Measured): string {
  const lines = tableLines(size, measured);
  const title = `DynamoDB, ${size.name}: ${size.requestsADay.toLocaleString('en')} requests a day`;
  return table(
    [title, 'arithmetic', '$'],
    [...shown(lines), ['**together**', '', `**${money(total(lines))}**`]],
  );
}

/** What does not depend on the size, and the functions, which nearly do not. */
function sharedTable(): string {
  const large = Sizes.at(-1);
  const lambda = large === undefined ? [] : lambdaLines(large);
  return table(
    ['what runs it', 'arithmetic', '$'],
    [
      ...shown(FargateLines).map(prefixed('Fargate')),
      ...shown(NatLines).map(prefixed('network')),
      ...shown(SecretLines).map(prefixed('Secrets Manager')),
      ...shown(lambda).map(prefixed('Lambda, large')),
      ...shown(CloudWatchLines).map(prefixed('CloudWatch')),
    ],
  );
}

function totalsTable(measured: Measured): string {
  const rows = Sizes.map((size) => {
    const tables = total(tableLines(size, measured));
    const secrets = total(SecretLines);
    const fargate = tables + secrets + total(FargateLines);
    const lambda = tables + secrets + total(lambdaLines(size));
    return [size.name, money(tables), money(fargate), money(fargate + total(NatLines)), money(lambda)];
  });
  return table(['a month, $', 'DynamoDB', 'on Fargate', 'on Fargate, with a NAT gateway', 'on Lambda'], rows);
}

function priceTable(): string {
  const rows = Object.values(Prices).map(({ usd, unit, source, asOf }) => [
    `${usd} per ${unit}`,
    `<${source}>`,
    asOf,
  ]);
  return table(['list price, $', 'read at', 'of'], rows);
}

function shown(lines: readonly CostLine[]): readonly (readonly string[])[] {
  return lines.map(({ name, sum, usd }) => [name, sum, money(usd)]);
}

function prefixed(what: string) {
  return ([name = '', ...others]: readonly string[]) => [`${what}: ${name}`, ...others];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function money(usd: number): string {
  return usd.toFixed(2);
}
