// What goes wrong with chosen calls: a queue of rules, each aimed at an operation and optionally at an account, a
// permission set or a principal. What is wrong all the time is a setting instead.

import { z } from 'zod';
import { AWS_ERROR_NAMES } from './aws-error.ts';
import { OPERATION_NAMES, type OperationName } from './operation-names.ts';
import { parseOrExplain } from './parse-or-explain.ts';
import { LIST_LAG_MAX_MS } from './settings.ts';

const durationMs = z.number().min(0).max(31_536_000_000);
/** Whether the call took effect although the answer says otherwise. */
const committed = z.boolean().default(false);

export const faultSchema = z.discriminatedUnion('kind', [
  /** The connection breaks; with `committed` this is the lost response. */
  z.strictObject({ kind: z.literal('connection-reset'), committed }),
  /** A gateway's 503 page instead of JSON. */
  z.strictObject({ kind: z.literal('html-503'), committed }),
  z.strictObject({
    kind: z.literal('error'),
    name: z.enum(AWS_ERROR_NAMES),
    message: z.string().optional(),
    /** The member `Reason`, for example `KMS_AccessDeniedException`. */
    reason: z.string().optional(),
    committed,
  }),
  /** Takes effect at once, answered late. */
  z.strictObject({ kind: z.literal('slow-answer'), delayMs: durationMs }),
  /** Takes effect only after this time, however long ago the caller gave up. */
  z.strictObject({ kind: z.literal('late-arrival'), delayMs: durationMs }),
  /** The operation is accepted and ends FAILED; with `committed` it says so wrongly. */
  z.strictObject({ kind: z.literal('async-failure'), reason: z.string().optional(), committed }),
  /** IN_PROGRESS this long (null: for ever), then FAILED with "takes longer than usual". */
  z.strictObject({ kind: z.literal('async-hang'), durationMs: durationMs.nullable() }),
  z.strictObject({ kind: z.literal('operation-duration'), durationMs }),
  /** The verdict is in the first answer. */
  z.strictObject({ kind: z.literal('synchronous') }),
  z.strictObject({ kind: z.literal('stale-list'), lagMs: z.number().min(0).max(LIST_LAG_MAX_MS) }),
  z.strictObject({ kind: z.literal('short-page'), rows: z.number().int().min(1).max(100) }),
  z.strictObject({ kind: z.literal('empty-page') }),
]);

export type Fault = z.infer<typeof faultSchema>;

const ASYNC_KINDS: ReadonlySet<Fault['kind']> = new Set([
  'async-failure',
  'async-hang',
  'operation-duration',
  'synchronous',
]);
const LIST_KINDS: ReadonlySet<Fault['kind']> = new Set(['stale-list', 'short-page', 'empty-page']);
const ASYNC_OPERATIONS: ReadonlySet<string> = new Set<OperationName>([
  'CreateAccountAssignment',
  'DeleteAccountAssignment',
  'ProvisionPermissionSet',
]);

const ruleSchema = z
  .strictObject({
    operation: z.enum([...OPERATION_NAMES, '*']),
    fault: faultSchema,
    /** How many calls it hits; null is no limit. 1 unless given, or null with a probability. */
    times: z.number().int().min(1).nullable().optional(),
    probability: z.number().gt(0).max(1).optional(),
    accountId: z.string().optional(),
    permissionSetArn: z.string().optional(),
    principalId: z.string().optional(),
  })
  .refine((rule) => rule.operation === '*' || isApplicable(rule.fault, rule.operation), {
    path: ['fault', 'kind'],
    message: 'expected a fault that fits the operation',
  });

export type FaultRule = Omit<z.infer<typeof ruleSchema>, 'times' | 'probability'> & {
  times: number | null;
  probability: number;
};

/** Throws `InvalidInputError` naming each bad field. */
export function parseFaultRule(value: unknown): FaultRule {
  const rule = parseOrExplain(ruleSchema, value, 'fault');
  const times = rule.times === undefined ? (rule.probability === undefined ? 1 : null) : rule.times;
  return { ...rule, times, probability: rule.probability ?? 1 };
}

export type FaultTarget = { operation: string; input: unknown };

/** The fault of the first rule that hits this call; counts the hit and drops the rule when it is used up. */
export function takeFault(rules: FaultRule[], target: FaultTarget, random: () => number): Fault | undefined {
  const index = rules.findIndex((rule) => matches(rule, target) && hits(rule, random));
  const rule = rules[index];
  if (rule === undefined) return undefined;
  if (rule.times !== null) rule.times -= 1;
  if (rule.times === 0) rules.splice(index, 1);
  return rule.fault;
}

function hits(rule: FaultRule, random: () => number): boolean {
  return rule.probability >= 1 || random() < rule.probability;
}

function matches(rule: FaultRule, { operation, input }: FaultTarget): boolean {
  if (rule.operation !== '*' && rule.operation !== operation) return false;
  return (
    isApplicable(rule.fault, operation) &&
    agrees(rule.accountId, input, ['TargetId', 'AccountId']) &&
    agrees(rule.permissionSetArn, input, ['PermissionSetArn']) &&
    agrees(rule.principalId, input, ['PrincipalId', 'UserId'])
  );
}

function agrees(wanted: string | undefined, input: unknown, members: readonly string[]): boolean {
  if (wanted === undefined) return true;
  if (typeof input !== 'object' || input === null) return false;
  return members.some((member) => Reflect.get(input, member) === wanted);
}

function isApplicable(fault: Fault, operation: string): boolean {
  if (ASYNC_KINDS.has(fault.kind)) return ASYNC_OPERATIONS.has(operation);
  if (LIST_KINDS.has(fault.kind)) return operation.startsWith('List');
  return true;
}
