// Whether a channel may have an account, and what binding and unbinding write. An account has one channel at most, so
// that it is never open to two groups of approvers by mistake. Pure.

import { asItLies } from '../src/as-it-lies.ts';
import { type Binding, parseBindingRow } from '../src/binding.ts';
import type { Row, Write } from '../src/store.ts';
import { toTimestamp } from '../src/timestamp.ts';
import { accountClaimKey, bindingKey } from './binding-key.ts';
import type { Decision } from './decide-and-write.ts';
import { problem } from './problem.ts';

export type BindingWish = { readonly channel_id: string; readonly account_id: string };

export type BindingView = {
  /** The row of this very binding. */
  readonly present: Row | undefined;
  /** The claim on the account. */
  readonly claim: Row | undefined;
  /** Another channel's binding of this account that is really there; those of the previous deployment have no claim. */
  readonly otherChannel: string | undefined;
};

const NEW_BINDING_HOURS = 4;
const NEW_BINDING_SESSION_MINUTES = 60;

/** A new binding has no approvers, so that nothing can be approved before somebody named them. */
export function decideBinding(wish: BindingWish, view: BindingView, nowMs: number): Decision<Binding> {
  const { present, claim, otherChannel } = view;
  if (otherChannel !== undefined)
    return problem('conflict', `Account ${wish.account_id} is bound to channel ${otherChannel} already.`);
  const updated_at = toTimestamp(nowMs);
  const row = present === undefined ? newBinding(wish, updated_at) : { ...present, updated_at };
  const binding = parseBindingRow(row);
  if (binding === undefined)
    return problem('conflict', 'This binding is damaged; an operator must unbind it first.');
  const writes: readonly Write[] = [
    present === undefined
      ? { kind: 'put', table: 'config', row, onlyIf: [{ attribute: 'channel_id', absent: true }] }
      : touch(wish, updated_at),
    claimAccount(wish, claim),
    ...(isStale(claim, wish) ? [stillUnbound(String(claim?.channel_id), wish.account_id)] : []),
  ];
  return { writes, outcome: binding };
}

function newBinding(wish: BindingWish, updatedAt: string): Row {
  return {
    ...wish,
    approver_mm_user_ids: null,
    approval_policy: 'one_of_n',
    allow_self_approval: false,
    max_request_hours: NEW_BINDING_HOURS,
    session_duration_minutes: NEW_BINDING_SESSION_MINUTES,
    updated_at: updatedAt,
  };
}

// Only the time: settings that somebody changes right now must not be put back to what was read.
function touch(wish: BindingWish, updatedAt: string): Write {
  return {
    kind: 'update',
    table: 'config',
    key: bindingKey(wish.channel_id, wish.account_id),
    set: { updated_at: updatedAt },
    onlyIf: [{ attribute: 'channel_id', present: true }],
  };
}

function claimAccount(wish: BindingWish, claim: Row | undefined): Write {
  const row = { ...accountClaimKey(wish.account_id), ...wish };
  const held = claim?.channel_id;
  return {
    kind: 'put',
    table: 'control',
    row,
    onlyIf: [asItLies('channel_id', held)],
  };
}

/** The claim of a binding that was deleted by hand. It gives way, unless that binding comes back meanwhile. */
function isStale(claim: Row | undefined, wish: BindingWish): boolean {
  return typeof claim?.channel_id === 'string' && claim.channel_id !== wish.channel_id;
}

function stillUnbound(channelId: string, accountId: string): Write {
  return {
    kind: 'check',
    table: 'config',
    key: bindingKey(channelId, accountId),
    onlyIf: [{ attribute: 'channel_id', absent: true }],
  };
}

/** The binding goes, and with it the claim on the account. */
export function decideUnbinding(
  wish: BindingWish,
  view: Pick<BindingView, 'present' | 'claim'>,
): Decision<BindingWish> {
  const { channel_id: channelId, account_id: accountId } = wish;
  if (view.present === undefined)
    return problem('not_found', `Channel ${channelId} is not bound to account ${accountId}.`);
  const onlyIf = [{ attribute: 'channel_id', is: channelId }] as const;
  const binding: Write = { kind: 'delete', table: 'config', key: bindingKey(channelId, accountId), onlyIf };
  const claim: Write = { kind: 'delete', table: 'control', key: accountClaimKey(accountId), onlyIf };
  const ours = view.claim?.channel_id === channelId;
  return { writes: ours ? [binding, claim] : [binding], outcome: wish };
}
