// What AWS asks in us-east-1, in US dollars, where each figure was read and of when it is. They are list prices without free
// tiers and discounts, most of them read at second hand: check them before you rely on them. The arithmetic of
// DynamoDB's units is in ../idle/list-prices.ts.

export type Price = {
  readonly usd: number;
  readonly unit: string;
  readonly source: string;
  readonly asOf: string;
};

const FARGATE = 'https://www.vantage.sh/blog/fargate-pricing';
const CLOUDWATCH =
  'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/';
const SECRETS = 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms';
const NETWORK = 'https://www.zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint';
const LAMBDA =
  'https://git.mcrn.ar/mariano/lambda_local_runner/src/commit/957e45b8adae23ce50b966346229585b5df18b4d/docs/lambdas-md/lambda-13-cost.md';

const UNITS = 'https://airbyte.com/data-engineering-resources/dynamodb-pricing';

export const Prices = {
  readUnits: price(0.125, 'million DynamoDB read units', UNITS, '2025-07-21'),
  writeUnits: price(0.625, 'million DynamoDB write units', UNITS, '2025-07-21'),
  storage: price(0.25, 'GB-month of DynamoDB', 'https://aws.amazon.com/dynamodb/pricing/', 'undated copy'),
  recovery: price(
    0.2,
    'GB-month of point-in-time recovery',
    'https://finops.com.py/services/dynamodb/backups',
    'undated copy',
  ),
  fargateCpu: price(0.03238, 'vCPU-hour of Fargate (ARM)', FARGATE, 'undated copy'),
  fargateMemory: price(0.00356, 'GB-hour of Fargate (ARM)', FARGATE, 'undated copy'),
  logs: price(0.5, 'GB of logs taken in', CLOUDWATCH, '2026-06-13'),
  metric: price(0.3, 'custom metric', 'https://signoz.io/guides/cloudwatch-pricing', '2026-02-15'),
  secret: price(0.4, 'secret', SECRETS, 'undated copy'),
  secretCall: price(5, 'million calls of Secrets Manager', SECRETS, 'undated copy'),
  nat: price(0.045, 'NAT gateway and hour, and GB', NETWORK, '2026-06-01'),
  endpoint: price(0.01, 'interface endpoint, zone and hour, and GB', NETWORK, '2026-06-01'),
  lambda: price(0.0000133334, 'GB-second of Lambda (ARM)', LAMBDA, 'undated copy'),
  lambdaCall: price(0.2, 'million calls of Lambda', LAMBDA, 'undated copy'),
  httpApi: price(
    1,
    'million calls of an HTTP API',
    'https://appropri8-astro.pages.dev/tutorials/2025/12/02/deploying-simple-api-aws/page/7',
    '2025-12-02',
  ),
  cluster: price(0.1, 'hour of an EKS cluster', 'https://cloudburn.io/blog/amazon-eks-pricing', '2026-03'),
} as const;

function price(usd: number, unit: string, source: string, asOf: string): Price {
  return { usd, unit, source, asOf };
}
