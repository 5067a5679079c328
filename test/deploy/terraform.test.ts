import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { describeTableProblems } from '../../src/aws/check-tables.ts';
import { createDocumentClient } from '../../src/aws/dynamodb-client.ts';
import type { TableNames } from '../../src/aws/dynamodb-store.ts';
import { parseApiConfig, parseReconcilerConfig } from '../../src/config.ts';
import { CloudWatchMetrics } from '../../src/metrics.ts';
import { AllSettings } from '../../src/settings.ts';
import type { Table } from '../../src/store.ts';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { needs } from '../needs.ts';
import { needsTables } from '../test-tables.ts';
import { type Planned, parsePlan } from './planned.ts';
import { tableOf, wantedTable } from './table-shape.ts';
import { type Example, Examples, openTerraform, type PlanOptions } from './terraform-run.ts';

const opened = openTerraform();

afterAll(() => {
  if ('terraform' in opened) opened.terraform.remove();
});

const SECRETS = 'arn:aws:secretsmanager:us-east-1:123456789012:secret';
const GIVEN_SECRETS = `module "jit_access" {
  secrets = { signing = "${SECRETS}:a-AbCdEf", ops = "${SECRETS}:b-AbCdEf", callback = "${SECRETS}:c-AbCdEf" }
}
`;

const ENFORCING = 'module "jit_access" {\n  reconcile_mode = "enforce"\n}\n';
const STARTS_AFTER = ['module.tables', 'aws_iam_role_policy.part', 'aws_iam_role_policy.ecs_execution'];

function terraform() {
  if ('reason' in opened) throw new Error(opened.reason);
  return opened.terraform;
}

function planOf(example: Example, options?: PlanOptions): Planned {
  const ran = terraform().plan(example, options);
  if (!ran.ok) throw new Error(ran.output);
  return parsePlan(ran.output);
}

describe('the Terraform module', needs({ terraform: 'terraform' in opened }), () => {
  const plans = new Map<Example, Planned>();
  let given: Planned | undefined;
  const planned = (example: Example) => {
    const known = plans.get(example) ?? planOf(example);
    plans.set(example, known);
    return known;
  };

  const withGivenSecrets = (example: Example) => {
    given ??= planOf('lambda', { override: GIVEN_SECRETS });
    return example === 'lambda' ? given : planned(example);
  };

  test('is formatted', () => {
    expect(terraform().format()).toEqual({ ok: true, output: '' });
  });

  test.each(Examples)('is valid as the example %s', (example) => {
    expect(terraform().run(example, 'validate', '-no-color')).toMatchObject({ ok: true });
  });

  test.each(Examples)('plans the tables of TableDefinitions in the example %s', (example) => {
    const tables = planned(example).resources.filter(({ type }) => type === 'aws_dynamodb_table');
    const prefix = example === 'ecs' ? 'prod-jit_' : 'jit_';
    const wanted = Object.entries(TableDefinitions).map(([table, definition]) =>
      wantedTable(`${prefix}${table}`, definition),
    );
    const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
    expect(tables.map(({ values }) => tableOf(values)).toSorted(byName)).toEqual(wanted.toSorted(byName));
  });

  test('encrypts the tables with the key that is given, and with no other', () => {
    const keyOf = ({ values }: { values: Record<string, unknown> }) =>
      z
        .array(z.object({ kms_key_arn: z.string() }))
        .optional()
        .parse(values.server_side_encryption);
    const tables = (example: Example) =>
      planned(example).resources.filter(({ type }) => type === 'aws_dynamodb_table');
    const key = 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    expect(tables('ecs').map(keyOf)).toEqual(tables('ecs').map(() => [{ kms_key_arn: key }]));
    expect(tables('tables-only').flatMap((table) => keyOf(table) ?? [])).toEqual([]);
  });

  test.each(['ecs', 'lambda'] as const)(
    'gives each part of the example %s a configuration it accepts',
    (example) => {
      const { api, reconciler } = environments(withGivenSecrets(example));
      expect(parseApiConfig(api)).toMatchObject({ ok: true });
      expect(parseReconcilerConfig(reconciler)).toMatchObject({ ok: true });
      const names = [...Object.keys(api), ...Object.keys(reconciler)];
      expect(names.filter((name) => !(name in AllSettings.shape))).toEqual([]);
      expect(
        Object.keys(api).filter((name) => name.startsWith('CALLBACK') || name.startsWith('PLUGIN')),
      ).toEqual([]);
      expect(Object.keys(reconciler).filter((name) => /^(SIGNING|OPS)_/.test(name))).toEqual([]);
    },
  );

  test.each(['ecs', 'lambda'] as const)('begins by observing in the example %s', (example) => {
    expect(environments(withGivenSecrets(example)).reconciler.RECONCILE_MODE).toBe('observe');
    expect(policyInRole(planned(example))).toEqual(policiesOf(planned(example)).observer);
  });

  test('gives a reconciler that enforces its own policy, and ECS one observer but two that enforce', () => {
    const enforcing = planOf('ecs', { override: ENFORCING });
    expect(policyInRole(enforcing)).toEqual(policiesOf(enforcing).reconciler);
    expect([planned('ecs'), enforcing].map(reconcilersOf)).toEqual([1, 2]);
  });

  test('starts no task before the tables and its rights are there', () => {
    const { module_calls } = WrittenServices.parse(planned('ecs').written);
    const services = module_calls.jit_access.module.resources.filter(
      ({ type }) => type === 'aws_ecs_service',
    );
    expect(services.map(({ depends_on }) => depends_on)).toEqual([STARTS_AFTER, STARTS_AFTER]);
  });

  test('has a load balancer in the example ecs that asks whether the API is alive, where it listens', () => {
    const { resources } = planned('ecs');
    const of = (name: string) => resources.filter(({ type }) => type === name).map(({ values }) => values);
    expect(of('aws_lb_target_group')).toMatchObject([
      { target_type: 'ip', port: 8080, health_check: [{ path: '/healthz', port: '9090' }] },
    ]);
    const task = resources.find(
      ({ type, index }) => type === 'aws_ecs_task_definition' && index === 'api',
    )?.values;
    const [container] = Containers.parse(task?.container_definitions);
    const opened = container?.portMappings.map(({ containerPort }) => containerPort);
    expect(opened).toEqual([8080, 9090]);
    const letIn = of('aws_vpc_security_group_ingress_rule').map(({ from_port }) => from_port);
    expect(letIn.toSorted()).toEqual([443, 8080, 9090]);
  });

  test('lets parts whose keys are files read no secret', () => {
    const actions = Object.values(policiesOf(planned('tables-only')))
      .flatMap(({ Statement }) => Statement)
      .flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('secretsmanager:'))).toEqual([]);
    const some = 'module "policies" {\n  secret_arns = { ops = "a" }\n}\n';
    expect(terraform().plan('tables-only', { override: some })).toMatchObject({
      ok: false,
      output: expect.stringContaining('must name signing and callback, or nothing at all'),
    });
  });

  test('lets an observer write nothing in Identity Center', () => {
    const { Statement } = policiesOf(planned('ecs')).observer;
    const actions = Statement.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => /^sso:(?!List|Describe)/.test(action))).toEqual([]);
  });

  test('lets assignments be written in the managed scope only', () => {
    const { Statement } = policiesOf(planned('lambda')).reconciler;
    const writes = Statement.filter(({ Action }) => Action.includes('sso:CreateAccountAssignment'));
    expect(writes.map(({ Effect, Resource }) => [Effect, Resource])).toEqual([
      [
        'Allow',
        [
          'arn:aws:sso:::account/111111111111',
          'arn:aws:sso:::account/222222222222',
          'arn:aws:sso:::instance/ssoins-1111222233334444',
          'arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-aaaa111122223333',
        ],
      ],
    ]);
  });

  test('denies the reconciler every write in an excluded account', () => {
    const { Statement } = policiesOf(planned('ecs')).reconciler;
    expect(Statement.filter(({ Effect }) => Effect === 'Deny')).toMatchObject([
      {
        Action: expect.arrayContaining(['sso:CreateAccountAssignment', 'sso:DeleteAccountAssignment']),
        Resource: ['arn:aws:sso:::account/999999999999'],
      },
    ]);
  });

  test.each(['ecs', 'lambda'] as const)(
    'keeps every policy of the example %s within the size IAM allows',
    (example) => {
      const sizes = Object.values(policiesOf(planned(example))).map(
        (policy) => JSON.stringify(policy).length,
      );
      expect(sizes.filter((size) => size > 10_240)).toEqual([]);
    },
  );

  test.each(Examples)('holds no value of a secret in the plan of the example %s', (example) => {
    const types = planned(example).resources.map(({ type }) => type);
    expect(types.filter((type) => type === 'aws_secretsmanager_secret_version')).toEqual([]);
  });

  test('starts the reconciler every minute and tells the API its name', () => {
    const { resources } = planned('lambda');
    const rules = resources.filter(({ type }) => type === 'aws_cloudwatch_event_rule');
    expect(rules.map(({ values }) => values.schedule_expression)).toEqual(['rate(1 minute)']);
    const functions = resources.filter(({ type }) => type === 'aws_lambda_function');
    expect(functions.map(({ values }) => values.function_name).toSorted()).toEqual([
      'jit-api',
      'jit-reconciler',
    ]);
    expect(environments(withGivenSecrets('lambda')).api).toMatchObject({
      RECONCILER_FUNCTION_NAME: 'jit-reconciler',
    });
  });

  test('makes no alarms until they are asked for, and then one for every metric, of this deployment alone', () => {
    const alarms = ({ resources }: Planned) =>
      resources.filter(({ type }) => type === 'aws_cloudwatch_metric_alarm');
    expect(alarms(planned('ecs'))).toEqual([]);
    const withAlarms = (mode: string) =>
      alarms(
        planOf('ecs', {
          override: `module "jit_access" {\n  alarms = true\n  reconcile_mode = "${mode}"\n}\n`,
        }),
      );
    const asked = withAlarms('enforce');
    const ofLeader = ({ values }: Planned['resources'][number]) => values.metric_name === 'jit_leader';
    expect([asked, withAlarms('observe')].map((all) => all.filter(ofLeader).length)).toEqual([1, 0]);
    const text = JSON.stringify(asked.map(({ values }) => values));
    expect(CloudWatchMetrics.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
    for (const { values } of asked)
      expect(JSON.stringify(values), String(values.alarm_name)).toContain('"deployment":"prod-jit"');
    const heartbeats = asked.filter(({ values }) => String(values.alarm_name).includes('heartbeat'));
    expect(heartbeats.map(({ values }) => values.treat_missing_data)).toEqual([
      'breaching',
      'breaching',
      'breaching',
    ]);
  });

  test.each([
    ['reconcile_mode = "on"', 'reconcile_mode must be observe or enforce'],
    ['managed_permission_set_arns = []', 'managed_permission_set_arns must name at least one'],
    [
      'default_permission_set_arn = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-cccc111122223333"',
      'must be one of',
    ],
    ['plugin_webhook_url = "http://chat.example.com/webhook"', 'plugin_webhook_url must be an https URL'],
    ['secrets = { signing = "s3cret", ops = "none", callback = "create" }', 'never the secret itself'],
    ['settings = { RECONCILE_MODE = "enforce" }', 'settings may hold'],
    ['run_on = "lambda"', 'needs the variable lambda'],
  ])('refuses %s', (argument, message) => {
    const ran = terraform().plan('ecs', { override: `module "jit_access" {\n  ${argument}\n}\n` });
    expect(ran.ok).toBe(false);
    expect(ran.output.replaceAll(/\s*[│╷╵]?\s+/g, ' ')).toContain(message);
  });

  test.each([
    'run_on',
    'account_id',
    'reconcile_mode',
    'sso_instance_arn',
    'identity_store_id',
    'managed_permission_set_arns',
    'default_permission_set_arn',
    'plugin_webhook_url',
    'secrets',
  ])('does not choose %s for anybody', (variable) => {
    const text = readFileSync(new URL('../../deploy/terraform/variables.tf', import.meta.url), 'utf8');
    const block = new RegExp(`^variable "${variable}" \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1];
    expect(block).toMatch(/validation/);
    expect(block).not.toMatch(/^ {2}default/m);
  });

  test('makes tables on which the reconciler starts', needsTables(), async () => {
    const endpoint = inject('dynamoDbEndpoint');
    const prefix = `tf${process.pid}_`;
    const override = `provider "aws" {\n  endpoints {\n    dynamodb = "${endpoint}"\n  }\n}\nmodule "tables" {\n  prefix = "${prefix}"\n}\n`;
    // DynamoDB Local knows no point-in-time recovery.
    const variables = { point_in_time_recovery: 'false', deletion_protection: 'false' };
    expect(planOf('tables-only', { override, variables }).changes.length).toBeGreaterThan(6);
    expect(terraform().run('tables-only', 'apply', '-no-color', '-input=false', 'case.plan')).toMatchObject({
      ok: true,
    });
    const tableNames = Object.fromEntries(
      Object.keys(TableDefinitions).map((table) => [table as Table, `${prefix}${table}`]),
    ) as TableNames;
    const client = createDocumentClient({
      region: 'us-east-1',
      endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    expect(await describeTableProblems({ client, tableNames })).toEqual([]);
    client.destroy();
  });
});

// IAM reads lists as sets, and Terraform writes a list of one as the one.
const Names = z.union([z.string(), z.array(z.string())]).transform((names) => [names].flat().toSorted());
const Policy = z
  .object({
    Statement: z.array(
      z
        .object({
          Sid: z.string(),
          Effect: z.enum(['Allow', 'Deny']),
          Action: Names,
          Resource: Names,
        })
        .loose(),
    ),
  })
  .loose();
const Json = z.string().transform((text): unknown => JSON.parse(text));
const PolicyText = Json.pipe(Policy);
const Policies = z.object({
  api: PolicyText,
  reconciler: PolicyText,
  observer: PolicyText,
  operator: PolicyText,
});

function policiesOf({ outputs }: Planned) {
  return Policies.parse(outputs.policies);
}

function policyInRole({ resources }: Planned) {
  const found = resources.find(({ address }) => address.endsWith('aws_iam_role_policy.part["reconciler"]'));
  return PolicyText.parse(found?.values.policy);
}

function reconcilersOf({ resources }: Planned) {
  return resources.find(({ address }) => address.endsWith('aws_ecs_service.reconciler[0]'))?.values
    .desired_count;
}

const WrittenServices = z.object({
  module_calls: z.object({
    jit_access: z.object({
      module: z.object({
        resources: z.array(z.object({ type: z.string(), depends_on: z.array(z.string()).optional() })),
      }),
    }),
  }),
});

const Containers = Json.pipe(
  z.array(
    z.object({
      environment: z.array(z.object({ name: z.string(), value: z.string() })),
      portMappings: z.array(z.object({ containerPort: z.number() })),
    }),
  ),
);
const Variables = z.array(z.object({ variables: z.record(z.string(), z.string()) }));

/** The parts' environments; Lambda itself sets the region. Unknown as long as the ARN of a new secret is. */
function environments({ resources }: Planned): Record<'api' | 'reconciler', Record<string, string>> {
  const of = (part: string) => {
    const task = resources.find(({ type, index }) => type === 'aws_ecs_task_definition' && index === part);
    if (task !== undefined) {
      const [container] = Containers.parse(task.values.container_definitions);
      return Object.fromEntries((container?.environment ?? []).map(({ name, value }) => [name, value]));
    }
    const found = resources.find(({ type, index }) => type === 'aws_lambda_function' && index === part);
    const [known] = Variables.parse(found?.values.environment);
    return { AWS_REGION: 'us-east-1', ...known?.variables };
  };
  return { api: of('api'), reconciler: of('reconciler') };
}
