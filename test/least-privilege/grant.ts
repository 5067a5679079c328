// What a policy's file says, statement by statement, as grants of one action on one resource. Read as written, without
// Terraform; whatever it does not understand it refuses, so that nothing can be overlooked.

import { readFileSync } from 'node:fs';
import { TableDefinitions } from '../../src/table-definitions.ts';
import { readPolicyFile } from '../deploy/policy-file.ts';
import type { Part } from './aws-call.ts';

export type Condition = {
  readonly test: string;
  readonly variable: string;
  readonly values: readonly string[];
};
export type Grant = {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  readonly resource: string;
  readonly conditions: readonly Condition[];
};

const POLICIES = new URL('../../deploy/terraform/policies/', import.meta.url);
const TABLES = Object.keys(TableDefinitions);

// The words of a statement and of the blocks around it.
const WORDS = /^(sid|effect|actions|resources|condition|test|variable|values|for_each|content)$/;

// What an expression of the policies stands for. Longer ones first: each takes away what it has read.
const EXPRESSIONS: readonly (readonly [RegExp, (...names: string[]) => readonly string[]])[] = [
  [/"\$\{local\.table\.(\w+)\}\/index\/(\w+)"/, (table = '', index = '') => [indexOf(table, index)]],
  [/values\(local\.table\)/, () => TABLES.map(tableOf)],
  [/local\.table\.(\w+)/, (table = '') => [tableOf(table)]],
  [/local\.assignment_scope/, () => readResources(definitionInScope('assignment_scope'))],
  [/local\.directory_scope/, () => ['directory']],
  [/local\.managed_accounts/, () => ['account']],
  [/local\.excluded_accounts/, () => ['account/excluded']],
  [/local\.function\.(\w+)/, (part = '') => [`function/${part}`]],
  [/var\.sso_instance_arn/, () => ['instance']],
  [/var\.permission_set_arns/, () => ['permission-set']],
  [/lookup\(var\.secret_arns, "(\w+)", null\)/, (secret = '') => [`secret/${secret}`]],
  [/var\.secret_arns\["(\w+)"\]/, (secret = '') => [`secret/${secret}`]],
  [/var\.kms_key_arns/, () => ['kms-key']],
];

const CONDITIONS: readonly (readonly [test: string, variable: string])[] = [
  ['ForAllValues:StringLike', 'dynamodb:LeadingKeys'],
  ['ForAllValues:StringEquals', 'dynamodb:Attributes'],
  ['StringEqualsIfExists', 'dynamodb:ReturnValues'],
  ['StringEquals', 'kms:ViaService'],
  ['StringEquals', 'cloudwatch:namespace'],
];

export function readPolicies(): Readonly<Record<Part, readonly Grant[]>> {
  const read = (part: Part) => readGrants(readFileSync(new URL(`${part}.tf`, POLICIES), 'utf8'));
  return {
    api: read('api'),
    reconciler: read('reconciler'),
    observer: read('observer'),
    operator: read('operator'),
  };
}

/** Throws for every word, expression and condition that it does not know. */
export function readGrants(text: string): readonly Grant[] {
  const [head = '', ...blocks] = text.split(/^ {2}(?=(?:dynamic "statement"|statement) \{)/m);
  const strange = head.replaceAll(/^\s*#.*$/gm, '').replace(/^data "aws_iam_policy_document" "\w+" \{$/m, '');
  if (strange.trim() !== '') throw new Error(`${strange.trim()} is no statement, or is not indented as one`);
  return blocks.flatMap(readBlock);
}

function readBlock(block: string): readonly Grant[] {
  const strange = [...block.matchAll(/^\s+(\w+)\s*[={]/gm)].find(([, word = '']) => !WORDS.test(word));
  if (strange !== undefined) throw new Error(`${strange[1]} in a statement is not understood`);
  const [statement, another] = readPolicyFile(block);
  if (statement === undefined || another !== undefined)
    throw new Error(`this is not one statement: ${block}`);
  const each = /for_each = .*\? (.+) : (.+)$/m.exec(block);
  const iterated = each === null ? '' : `${each[1]}, ${each[2]}`;
  // An action that knows no resources is held by its namespace alone; a star is understood nowhere else.
  const isHeldByNamespace = /variable\s*= "cloudwatch:namespace"/.test(block);
  const resources =
    isHeldByNamespace && statement.resources.trim() === '["*"]'
      ? ['*']
      : readResources(statement.resources.replaceAll('statement.value', iterated));
  const conditions = [...block.matchAll(/condition \{([^}]*)\}/g)].map(([, body = '']) =>
    readCondition(body),
  );
  const { sid, effect, actions } = statement;
  return actions.flatMap(({ action }) =>
    resources.map((resource) => ({ sid, effect, action, resource, conditions })),
  );
}

function readResources(expression: string): readonly string[] {
  const read: string[] = [];
  let rest = expression;
  for (const [pattern, resourcesOf] of EXPRESSIONS) {
    rest = rest.replaceAll(new RegExp(pattern, 'g'), (_all, ...groups) => {
      read.push(...resourcesOf(...groups.filter((group) => typeof group === 'string').map(String)));
      return '';
    });
  }
  if (!/^(?:concat|compact|[[\](),\s])*$/.test(rest) || read.length === 0)
    throw new Error(`the resources ${expression.trim()} are not understood`);
  return read;
}

function readCondition(body: string): Condition {
  const [test = '', variable = ''] = ['test', 'variable'].map(
    (word) => new RegExp(`^\\s*${word}\\s*= "([^"]+)"$`, 'm').exec(body)?.[1],
  );
  const list = /^\s*values\s*= (.+)$/m.exec(body)?.[1] ?? '';
  if (!CONDITIONS.some(([knownTest, known]) => knownTest === test && known === variable))
    throw new Error(`the condition ${test} on ${variable} is not understood`);
  // Asked by AWS itself, so that no call is ever judged by it.
  if (variable === 'kms:ViaService') return { test, variable, values: [] };
  const values = /^\[("[^"]+"(, )?)+\]$/.test(list) ? [...list.matchAll(/"([^"]+)"/g)] : [];
  if (values.length === 0) throw new Error(`the values ${list} of ${variable} are not understood`);
  return { test, variable, values: values.map(([, value = '']) => value) };
}

function definitionInScope(name: string): string {
  const scope = readFileSync(new URL('scope.tf', POLICIES), 'utf8');
  return new RegExp(`^  ${name} = (.+)$`, 'm').exec(scope)?.[1] ?? '';
}

function tableOf(table: string): string {
  if (!TABLES.includes(table)) throw new Error(`there is no table ${table}`);
  return `table/${table}`;
}

function indexOf(table: string, index: string): string {
  const { indexes } = TableDefinitions[table as keyof typeof TableDefinitions] ?? { indexes: [] };
  if (!indexes.some(({ name }) => name === index)) throw new Error(`${table} has no index ${index}`);
  return `${tableOf(table)}/index/${index}`;
}
