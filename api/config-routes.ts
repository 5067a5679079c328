// The calls about bindings: which channel may ask for which account, who approves, and under which limits.

import { z } from 'zod';
import { type Binding, parseBindingRow } from '../src/binding.ts';
import { isManagedAccount } from '../src/managed-scope.ts';
import { queryAll, type Row, type StoreReader, type Write } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { ok } from './answer.ts';
import type { ApiDeps } from './api-deps.ts';
import { BindingAnswer, toBindingAnswer } from './binding-answer.ts';
import { accountClaimKey, bindingKey } from './binding-key.ts';
import { decideAndWrite } from './decide-and-write.ts';
import { type BindingView, type BindingWish, decideBinding, decideUnbinding } from './decide-binding.ts';
import { accountId, channelId, mmUserId, permissionSetArn } from './fields.ts';
import { isProblem, type Problem, problem, unavailable } from './problem.ts';
import { getRoute, postRoute, type Route } from './route.ts';

const BindBody = z.object({ channel_id: channelId, account_id: accountId });
const ApproversBody = z.object({
  channel_id: channelId,
  approver_ids: z
    .array(mmUserId)
    .min(1)
    .max(100)
    .meta({ description: 'a list of 1 to 100 chat ids of people' }),
});

type Deps = Pick<ApiDeps, 'store' | 'clock' | 'settings' | 'log'>;

export function configRoutes(deps: Deps): readonly Route[] {
  const { store, clock, settings } = deps;
  const hoursMax = settings.maxRequestHours;
  const SettingsBody = BindBody.extend({
    max_request_hours: z
      .int()
      .min(1)
      .max(hoursMax)
      .optional()
      .meta({ description: `a whole number of hours from 1 to ${hoursMax}` }),
    allow_self_approval: z.boolean().optional().meta({ description: 'true or false' }),
    permission_set_arns: z.array(permissionSetArn).max(50).nullable().optional().meta({
      description: 'a list of at most 50 permission set ARNs; null for only the default permission set',
    }),
  });
  return [
    postRoute('/config/bind', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Bind an account to a channel. Binding again keeps every setting.',
      body: BindBody,
      answers: { status: 200, schema: BindingAnswer },
      handle: async ({ body }) => {
        if (!isManagedAccount(settings.scope, body.account_id))
          return problem('forbidden', `Account ${body.account_id} is not managed by this system.`);
        const bound = await decideAndWrite(
          store,
          () => readForBinding(store, body),
          (view) => decideBinding(body, view, clock.nowMs()),
        );
        return isProblem(bound) ? bound : ok(toBindingAnswer(bound));
      },
    }),
    postRoute('/config/approvers', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'Name the approvers of all accounts that a channel is bound to.',
      body: ApproversBody,
      answers: { status: 200, schema: z.array(BindingAnswer) },
      handle: async ({ body }) => {
        const bindings = await setApprovers(deps, body.channel_id, body.approver_ids);
        return isProblem(bindings) ? bindings : ok(bindings.map(toBindingAnswer));
      },
    }),
    getRoute('/config/accounts', {
      callers: 'plugin',
      bucket: 'general',
      summary: 'The accounts that a channel is bound to.',
      query: z.object({ channel_id: channelId }),
      answers: { status: 200, schema: z.array(BindingAnswer) },
      handle: async ({ query }) => ok((await bindingsOf(deps, query.channel_id)).map(toBindingAnswer)),
    }),
    postRoute('/config/unbind', {
      callers: 'ops',
      bucket: 'general',
      summary: 'Take an account from a channel. Access that was granted stays until it ends.',
      body: BindBody,
      answers: { status: 200, schema: BindBody },
      handle: async ({ body }) => {
        const unbound = await decideAndWrite(
          store,
          () => readBoth(store, body),
          (view) => decideUnbinding(body, view),
        );
        return isProblem(unbound) ? unbound : ok(unbound);
      },
    }),
    postRoute('/config/settings', {
      callers: 'ops',
      bucket: 'general',
      summary: 'Change the limits of a binding.',
      body: SettingsBody,
      answers: { status: 200, schema: BindingAnswer },
      handle: async ({ body }) => {
        const changed = await changeSettings(deps, body);
        return isProblem(changed) ? changed : ok(toBindingAnswer(changed));
      },
    }),
  ];
}

async function readBoth(
  store: StoreReader,
  { channel_id, account_id }: BindingWish,
): Promise<Pick<BindingView, 'present' | 'claim'>> {
  const [present, claim] = await Promise.all([
    store.get('config', bindingKey(channel_id, account_id)),
    store.get('control', accountClaimKey(account_id)),
  ]);
  return { present, claim };
}

async function readForBinding(store: StoreReader, wish: BindingWish): Promise<BindingView> {
  const both = await readBoth(store, wish);
  return { ...both, otherChannel: await findOtherChannel(store, wish, both.claim) };
}

/** The claim's channel, else one from the index, each only if its binding is really there. */
async function findOtherChannel(
  store: StoreReader,
  { channel_id, account_id }: BindingWish,
  claim: Row | undefined,
): Promise<string | undefined> {
  const channels = new Set(typeof claim?.channel_id === 'string' ? [claim.channel_id] : []);
  const partition = { attribute: 'account_id', value: account_id };
  for await (const row of queryAll(store, { table: 'config', index: 'gsi_account', partition }))
    channels.add(String(row.channel_id));
  channels.delete(channel_id);
  for (const channel of channels)
    if ((await store.get('config', bindingKey(channel, account_id))) !== undefined) return channel;
  return undefined;
}

/** Strongly consistent: what was bound a moment ago is shown. */
async function bindingsOf(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  channel: string,
): Promise<readonly Binding[]> {
  const bindings: Binding[] = [];
  const partition = { attribute: 'channel_id', value: channel };
  for await (const row of queryAll(store, { table: 'config', partition, consistent: true })) {
    const binding = parseBindingRow(row);
    if (binding === undefined)
      log.warn('a binding cannot be understood and binds nothing', {
        channelId: channel,
        accountId: row.account_id,
      });
    else bindings.push(binding);
  }
  return bindings;
}

const WRITES_MAX = 100;
const ATTEMPTS_MAX = 5;

/** Every binding of the channel, in as few transactions as there can be; repeating the call completes it. */
async function setApprovers(
  deps: Deps,
  channel: string,
  approverIds: readonly string[],
): Promise<readonly Binding[] | Problem> {
  const approvers = new Set(approverIds);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const bindings = await bindingsOf(deps, channel);
    if (bindings.length === 0) return problem('not_found', `Channel ${channel} is not bound to any account.`);
    const updated_at = toTimestamp(deps.clock.nowMs());
    const set = { approver_mm_user_ids: approvers, updated_at };
    const writes = bindings.map((binding) => updateBinding(binding, set));
    if (await writeInChunks(deps, writes))
      return bindings.map((binding) => ({
        ...binding,
        updated_at,
        approver_mm_user_ids: [...approvers].sort(),
      }));
  }
  return unavailable('Others are changing the bindings of this channel right now; try again.', 1);
}

async function writeInChunks({ store }: Pick<Deps, 'store'>, writes: readonly Write[]): Promise<boolean> {
  for (let from = 0; from < writes.length; from += WRITES_MAX) {
    const { outcome } = await store.transact(writes.slice(from, from + WRITES_MAX));
    if (outcome === 'refused') return false;
  }
  return true;
}

/** Never creates: a binding that was taken away meanwhile stays away. */
function updateBinding(binding: BindingWish, set: Row, remove: readonly string[] = []): Write {
  return {
    kind: 'update',
    table: 'config',
    key: bindingKey(binding.channel_id, binding.account_id),
    set,
    ...(remove.length === 0 ? {} : { remove }),
    onlyIf: [{ attribute: 'channel_id', present: true }],
  };
}

type SettingsChange = BindingWish & {
  readonly max_request_hours?: number | undefined;
  readonly allow_self_approval?: boolean | undefined;
  readonly permission_set_arns?: readonly string[] | null | undefined;
};

async function changeSettings(deps: Deps, change: SettingsChange): Promise<Binding | Problem> {
  const { channel_id, account_id, ...settings } = change;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  if (given.length === 0)
    return problem(
      'malformed',
      'Give at least one of max_request_hours, allow_self_approval and permission_set_arns.',
    );
  const managed = deps.settings.scope.permissionSetArns;
  const foreign = settings.permission_set_arns?.find((arn) => !managed.includes(arn));
  if (foreign !== undefined)
    return problem('malformed', `permission_set_arns has ${foreign}: expected managed permission sets only.`);
  const set = Object.fromEntries(given.filter(([, value]) => value !== null));
  const remove = given.filter(([, value]) => value === null).map(([name]) => name);
  const updated = { ...set, updated_at: toTimestamp(deps.clock.nowMs()) };
  return decideAndWrite(
    deps.store,
    () => deps.store.get('config', bindingKey(channel_id, account_id)),
    (row) => {
      const kept = Object.entries({ ...row, ...updated }).filter(([name]) => !remove.includes(name));
      const binding = row === undefined ? undefined : parseBindingRow(Object.fromEntries(kept));
      if (binding === undefined)
        return problem('not_found', `Channel ${channel_id} is not bound to account ${account_id}.`);
      return { writes: [updateBinding(change, updated, remove)], outcome: binding };
    },
  );
}
