import {
  AccessDeniedException,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSetCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListPermissionSetsCommand,
  ResourceNotFoundException,
  SSOAdminClient,
  ThrottlingException,
} from '@aws-sdk/client-sso-admin';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { CallBudgetClosedError, createCallBudget } from '../../src/aws/call-budget.ts';
import { sendThrough } from '../../src/aws/identity-center-client.ts';
import { createReadLive } from '../../src/aws/read-live.ts';
import { createVirtualClock } from '../virtual-clock.ts';

const client = new SSOAdminClient({ region: 'eu-central-1' });
const aws = mockClient(client);
const INSTANCE_ARN = 'arn:aws:sso:::instance/ssoins-1111111111111111';
const SET = 'arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111';
const OTHER_SET = 'arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-2222222222222222';
const PAIR = { accountId: '111111111111', permissionSetArn: SET };
const ALICE = '11111111-2222-3333-4444-555555555555';
const BOB = '99999999-2222-3333-4444-555555555555';

const NOT_FOUND = new ResourceNotFoundException({ message: 'not found', $metadata: {} });
const NO_KEY = new ResourceNotFoundException({
  message: 'no key',
  Reason: 'KMS_NotFoundException',
  $metadata: {},
});
const DENIED = new AccessDeniedException({ message: 'no', $metadata: {} });
const THROTTLED = new ThrottlingException({ message: 'Rate exceeded', $metadata: {} });
const HTML = new SyntaxError('Unexpected token <');

function world() {
  const clock = createVirtualClock();
  const budget = createCallBudget({ clock, ratePerSecond: 15, outstandingMax: 10, sweepShare: 0.3 });
  const live = createReadLive({
    send: sendThrough(client),
    instanceArn: INSTANCE_ARN,
    budget,
    clock,
  });
  return { clock, budget, live };
}

function row(principalId: string, more: object = {}) {
  return {
    AccountId: PAIR.accountId,
    PermissionSetArn: SET,
    PrincipalType: 'USER' as const,
    PrincipalId: principalId,
    ...more,
  };
}

function user(principalId: string) {
  return { principalType: 'USER', principalId };
}

beforeEach(() => aws.reset());

describe('listPair()', () => {
  const read = (w = world()) => w.clock.run(w.live.listPair(PAIR, 'expiry'));

  test('follows pages that are short or empty until no token comes', async () => {
    aws
      .on(ListAccountAssignmentsCommand)
      .rejects('no such token')
      .on(ListAccountAssignmentsCommand, {
        InstanceArn: INSTANCE_ARN,
        AccountId: PAIR.accountId,
        PermissionSetArn: SET,
      })
      .resolvesOnce({ AccountAssignments: [row(ALICE)], NextToken: 'a' })
      .on(ListAccountAssignmentsCommand, { NextToken: 'a' })
      .resolves({ AccountAssignments: [], NextToken: 'b' })
      .on(ListAccountAssignmentsCommand, { NextToken: 'b' })
      .resolves({ AccountAssignments: [row(BOB, { PrincipalType: 'GROUP' }), row(ALICE)] });
    const answer = await read();
    expect(answer).toEqual({
      kind: 'listed',
      principals: [user(ALICE), { principalType: 'GROUP', principalId: BOB }],
    });
  });

  test('takes an empty token for the end', async () => {
    aws.on(ListAccountAssignmentsCommand).resolves({ AccountAssignments: [row(ALICE)], NextToken: '' });
    expect(await read()).toEqual({ kind: 'listed', principals: [user(ALICE)] });
  });

  test('spends one call of the budget on every page', async () => {
    const w = world();
    aws
      .on(ListAccountAssignmentsCommand)
      .resolvesOnce({ AccountAssignments: [], NextToken: 'a' })
      .resolvesOnce({ AccountAssignments: [], NextToken: 'b' })
      .resolves({ AccountAssignments: [] });
    await read(w);
    expect(w.clock.elapsedMs()).toBe(200);
  });

  test.each([
    ['nothing', undefined, 'expected object'],
    ['no rows', {}, 'AccountAssignments'],
    ['null for rows', { AccountAssignments: null }, 'AccountAssignments'],
    [
      'a row of another account',
      { AccountAssignments: [row(ALICE, { AccountId: '222222222222' })] },
      'a row of another pair',
    ],
    [
      'a row of another permission set',
      { AccountAssignments: [row(ALICE), row(BOB, { PermissionSetArn: OTHER_SET })] },
      'a row of another pair',
    ],
    [
      'a principal of an unknown type',
      { AccountAssignments: [row(ALICE, { PrincipalType: 'ROBOT' })] },
      'AccountAssignments.0.PrincipalType',
    ],
    [
      'a principal without a type',
      { AccountAssignments: [row(ALICE, { PrincipalType: undefined })] },
      'AccountAssignments.0.PrincipalType',
    ],
    ['a principal without an id', { AccountAssignments: [row('')] }, 'AccountAssignments.0.PrincipalId'],
    ['a token that is no text', { AccountAssignments: [], NextToken: 7 }, 'NextToken'],
  ])('cannot read a reply with %s', async (_, reply, why) => {
    aws.on(ListAccountAssignmentsCommand).resolves(reply as never);
    expect(await read()).toEqual({ kind: 'unreadable', why: expect.stringContaining(why) });
  });

  test('cannot read a list that goes round', async () => {
    aws.on(ListAccountAssignmentsCommand).resolves({ AccountAssignments: [row(ALICE)], NextToken: 'again' });
    expect(await read()).toEqual({ kind: 'unreadable', why: 'AWS repeated a NextToken' });
    expect(aws.calls()).toHaveLength(2);
  });

  test('cannot read a list that never ends', async () => {
    let page = 0;
    aws.on(ListAccountAssignmentsCommand).callsFake(() => {
      page += 1;
      return { AccountAssignments: [], NextToken: `${page}` };
    });
    expect(await read()).toEqual({ kind: 'unreadable', why: 'AWS answered more than 10000 pages' });
  });

  test.each([
    ['a throttle', THROTTLED],
    ['an HTML page', HTML],
    ['a reset', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  ])('is not spoilt by %s', async (_, error) => {
    aws
      .on(ListAccountAssignmentsCommand)
      .rejectsOnce(error)
      .rejectsOnce(error)
      .resolvesOnce({ AccountAssignments: [row(ALICE)], NextToken: 'a' })
      .rejectsOnce(error)
      .resolves({ AccountAssignments: [row(BOB)] });
    expect(await read()).toEqual({ kind: 'listed', principals: [user(ALICE), user(BOB)] });
  });

  test('slows the budget when throttled', async () => {
    const w = world();
    aws.on(ListAccountAssignmentsCommand).rejectsOnce(THROTTLED).resolves({ AccountAssignments: [] });
    await read(w);
    expect(w.budget.state().ratePerSecond).toBeLessThan(8);
  });

  test('gives up after three tries, and never answers half a list', async () => {
    aws
      .on(ListAccountAssignmentsCommand)
      .resolvesOnce({ AccountAssignments: [row(ALICE)], NextToken: 'a' })
      .rejects(THROTTLED);
    expect(await read()).toEqual({ kind: 'unreadable', why: 'ThrottlingException: Rate exceeded' });
    expect(aws.calls()).toHaveLength(4);
  });

  test('does not ask again what needs a person', async () => {
    aws.on(ListAccountAssignmentsCommand).rejects(DENIED);
    expect(await read()).toEqual({ kind: 'unreadable', why: 'AccessDeniedException: no' });
    expect(aws.calls()).toHaveLength(1);
  });

  test('rejects when the budget is closed, and asks anew afterwards', async () => {
    const { budget, live } = world();
    const asked = live.listPair(PAIR, 'expiry');
    await Promise.resolve();
    budget.close();
    await expect(asked).rejects.toBeInstanceOf(CallBudgetClosedError);
    await expect(live.listPair(PAIR, 'expiry')).rejects.toBeInstanceOf(CallBudgetClosedError);
    expect(aws.calls()).toHaveLength(0);
  });
});

describe('listPair() of what is not found', () => {
  const read = async () => {
    const w = world();
    return w.clock.run(w.live.listPair(PAIR, 'expiry'));
  };
  const unreadable = { kind: 'unreadable', why: 'ResourceNotFoundException: not found' };
  const nobody = { kind: 'listed', principals: [] };

  beforeEach(() => {
    aws.on(ListAccountAssignmentsCommand).rejects(NOT_FOUND);
    aws.on(ListAccountsForProvisionedPermissionSetCommand).rejects(NOT_FOUND);
    aws.on(DescribePermissionSetCommand).rejects(NOT_FOUND);
    aws.on(ListPermissionSetsCommand).resolves({ PermissionSets: [OTHER_SET] });
  });

  test('is nobody where the permission set is gone and the others are listed', async () => {
    expect(await read()).toEqual(nobody);
  });

  test.each([
    ['no permission set is listed at all', { PermissionSets: [] }],
    ['the permission set is listed', { PermissionSets: [OTHER_SET, SET] }],
    ['the list is not complete', { PermissionSets: [OTHER_SET], NextToken: 'again' }],
    ['the list has no rows', {}],
  ])('is unreadable where %s', async (_, reply) => {
    aws.on(ListPermissionSetsCommand).resolves(reply);
    expect(await read()).toEqual(unreadable);
  });

  test('is unreadable where the permission sets cannot be listed', async () => {
    aws.on(ListPermissionSetsCommand).rejects(DENIED);
    expect(await read()).toEqual(unreadable);
  });

  test.each([
    ['exists', undefined],
    ['cannot be described', DENIED],
    ['cannot be decrypted', NO_KEY],
  ])('is unreadable where the permission set %s', async (_, error) => {
    if (error === undefined) aws.on(DescribePermissionSetCommand).resolves({ PermissionSet: {} });
    else aws.on(DescribePermissionSetCommand).rejects(error);
    expect(await read()).toEqual(unreadable);
  });

  test('is unreadable where the permission set belongs to another instance', async () => {
    const { clock, live } = world();
    const permissionSetArn = SET.replace('ssoins-1', 'ssoins-2');
    const answer = await clock.run(live.listPair({ ...PAIR, permissionSetArn }, 'expiry'));
    expect(answer).toEqual(unreadable);
  });

  test('is nobody where the complete list of its accounts is without the account', async () => {
    aws.on(ListAccountsForProvisionedPermissionSetCommand).resolves({ AccountIds: ['222222222222'] });
    expect(await read()).toEqual(nobody);
  });

  test.each([
    ['has the account', { AccountIds: ['222222222222', PAIR.accountId] }],
    ['is not complete', { AccountIds: ['222222222222'], NextToken: 'again' }],
    ['has no rows', {}],
  ])('is unreadable where the list of its accounts %s', async (_, reply) => {
    aws.on(ListAccountsForProvisionedPermissionSetCommand).resolves(reply);
    expect(await read()).toEqual(unreadable);
  });

  test('is unreadable where only the encryption key is not found', async () => {
    aws.on(ListAccountAssignmentsCommand).rejects(NO_KEY);
    expect(await read()).toEqual({ kind: 'unreadable', why: 'ResourceNotFoundException: no key' });
    expect(aws.commandCalls(DescribePermissionSetCommand)).toHaveLength(0);
  });

  test('proves a permission set gone once for its pairs, and again after a minute', async () => {
    const { clock, live } = world();
    const accounts = ['111111111111', '222222222222', '333333333333'];
    const ask = () =>
      clock.run(Promise.all(accounts.map((accountId) => live.listPair({ ...PAIR, accountId }, 'sweep'))));
    await ask();
    await ask();
    expect(aws.commandCalls(ListPermissionSetsCommand)).toHaveLength(1);
    await clock.advance(60_000);
    await ask();
    expect(aws.commandCalls(ListPermissionSetsCommand)).toHaveLength(2);
  });
});

describe('listPair() asked more than once', () => {
  test('shares what has not begun, at the earliest priority', async () => {
    const { clock, budget, live } = world();
    aws.on(ListAccountAssignmentsCommand).resolves({ AccountAssignments: [row(ALICE)] });
    const order: string[] = [];
    const asked = [
      live.listPair(PAIR, 'sweep').then(() => order.push('pair')),
      budget.read({ priority: 'expiry' }, async () => ({})).then(() => order.push('expiry')),
      live.listPair(PAIR, 'person'),
      live.listPair(PAIR, 'grant'),
    ];
    expect(budget.state().queued).toMatchObject({ expiry: 1 });
    await clock.run(Promise.all(asked));
    expect(order).toEqual(['pair', 'expiry']);
    expect(aws.calls()).toHaveLength(1);
  });

  test('raises what already waits in the budget', async () => {
    const { clock, budget, live } = world();
    aws.on(ListAccountAssignmentsCommand).resolves({ AccountAssignments: [] });
    const asked = live.listPair(PAIR, 'sweep');
    await clock.advance(0);
    expect(budget.state().queued).toMatchObject({ sweep: 1, person: 0 });
    const again = live.listPair(PAIR, 'person');
    expect(budget.state().queued).toMatchObject({ sweep: 0, person: 1 });
    await clock.run(Promise.all([asked, again]));
  });

  test('asks anew once the first page was sent: that answer may be older than the question', async () => {
    const { clock, live } = world();
    aws.on(ListAccountAssignmentsCommand).callsFake(async () => {
      await clock.sleep(1_000);
      return { AccountAssignments: aws.calls().length === 1 ? [row(ALICE)] : [] };
    });
    const first = live.listPair(PAIR, 'expiry');
    await clock.advance(500);
    expect(aws.calls()).toHaveLength(1);
    const second = live.listPair(PAIR, 'expiry');
    expect((await clock.run(Promise.all([first, second])))[1]).toEqual({ kind: 'listed', principals: [] });
    expect(aws.calls()).toHaveLength(2);
  });

  test('does not share between pairs', async () => {
    const { clock, live } = world();
    aws.on(ListAccountAssignmentsCommand).resolves({ AccountAssignments: [] });
    const other = { ...PAIR, accountId: '222222222222' };
    await clock.run(Promise.all([live.listPair(PAIR, 'sweep'), live.listPair(other, 'sweep')]));
    expect(aws.calls()).toHaveLength(2);
  });
});

describe('listAccounts()', () => {
  const read = async () => {
    const { clock, live } = world();
    return clock.run(live.listAccounts(SET, 'sweep'));
  };

  test('answers every page, each account once', async () => {
    aws
      .on(ListAccountsForProvisionedPermissionSetCommand)
      .resolvesOnce({ AccountIds: ['111111111111', '222222222222'], NextToken: 'a' })
      .resolves({ AccountIds: ['222222222222', '333333333333'] });
    const accountIds = ['111111111111', '222222222222', '333333333333'];
    expect(await read()).toEqual({ kind: 'listed', accountIds });
  });

  test.each([
    ['no rows', {}],
    ['an account that is none', { AccountIds: ['111111111111', 'all'] }],
  ])('cannot read a reply with %s', async (_, reply) => {
    aws.on(ListAccountsForProvisionedPermissionSetCommand).resolves(reply);
    expect(await read()).toMatchObject({ kind: 'unreadable' });
  });

  test('answers no account for a permission set that is proven gone', async () => {
    aws.on(ListAccountsForProvisionedPermissionSetCommand).rejects(NOT_FOUND);
    aws.on(DescribePermissionSetCommand).rejects(NOT_FOUND);
    aws.on(ListPermissionSetsCommand).resolves({ PermissionSets: [OTHER_SET] });
    expect(await read()).toEqual({ kind: 'listed', accountIds: [], isGone: true });
  });

  test('is unreadable where AWS refuses', async () => {
    aws.on(ListAccountsForProvisionedPermissionSetCommand).rejects(DENIED);
    expect(await read()).toEqual({ kind: 'unreadable', why: 'AccessDeniedException: no' });
  });
});

describe('listPairsOfPrincipal()', () => {
  const read = async () => {
    const { clock, live } = world();
    return clock.run(live.listPairsOfPrincipal(ALICE, 'person'));
  };

  test('answers the rows of exactly this user', async () => {
    aws.on(ListAccountAssignmentsForPrincipalCommand).resolves({
      AccountAssignments: [
        row(ALICE),
        row(ALICE),
        row(BOB, { AccountId: '222222222222' }),
        row(ALICE, { AccountId: '333333333333', PrincipalType: 'GROUP' }),
      ],
    });
    expect(await read()).toEqual({ kind: 'listed', pairs: [PAIR] });
  });

  test('is unreadable outside the management account', async () => {
    aws.on(ListAccountAssignmentsForPrincipalCommand).rejects(DENIED);
    expect(await read()).toEqual({ kind: 'unreadable', why: 'AccessDeniedException: no' });
  });

  test('cannot read a row without an account', async () => {
    const odd = row(ALICE, { AccountId: undefined }) as never;
    aws.on(ListAccountAssignmentsForPrincipalCommand).resolves({ AccountAssignments: [odd] });
    expect(await read()).toMatchObject({ kind: 'unreadable' });
  });
});

describe.each([
  ['CREATE', DescribeAccountAssignmentCreationStatusCommand, 'AccountAssignmentCreationStatus'],
  ['DELETE', DescribeAccountAssignmentDeletionStatusCommand, 'AccountAssignmentDeletionStatus'],
] as const)('describeOperation() of a %s', (kind, command, member) => {
  const read = async () => {
    const { clock, live } = world();
    return clock.run(live.describeOperation(kind, 'id-1', 'expiry'));
  };

  test.each([
    ['IN_PROGRESS', { kind: 'running' }],
    ['SUCCEEDED', { kind: 'succeeded' }],
    ['FAILED', { kind: 'failed', as: 'later', message: 'AWS gave no reason' }],
  ] as const)('reads %s', async (Status, verdict) => {
    aws.onAnyCommand().resolves({ [member]: { Status, RequestId: 'id-1' } });
    expect(await read()).toEqual(verdict);
    expect(aws.calls()[0]?.args[0]).toBeInstanceOf(command);
  });

  test('reads why it failed', async () => {
    const FailureReason = "Received a 404 status error: EntitlementItem doesn't exist";
    aws.onAnyCommand().resolves({ [member]: { Status: 'FAILED', RequestId: 'id-1', FailureReason } });
    const as = kind === 'DELETE' ? 'absent' : 'refused';
    expect(await read()).toEqual({ kind: 'failed', as, message: FailureReason });
  });

  test.each([
    ['nothing', undefined],
    ['no status', {}],
    ['an unknown status', { [member]: { Status: 'PENDING', RequestId: 'id-1' } }],
    ['no id', { [member]: { Status: 'SUCCEEDED' } }],
    ['another operation', { [member]: { Status: 'SUCCEEDED', RequestId: 'id-2' } }],
  ])('says nothing for a reply with %s', async (_, reply) => {
    aws.onAnyCommand().resolves(reply as never);
    expect(await read()).toEqual({ kind: 'unknown', why: expect.any(String) });
  });

  test('tells not found from not answered, asking once', async () => {
    aws.onAnyCommand().rejects(NOT_FOUND);
    expect(await read()).toEqual({ kind: 'not found' });
    for (const error of [THROTTLED, DENIED, HTML, NO_KEY]) {
      aws.reset();
      aws.onAnyCommand().rejects(error);
      expect(await read()).toEqual({ kind: 'unknown', why: expect.any(String) });
      expect(aws.calls()).toHaveLength(1);
    }
  });
});

describe('sessionDurationMs()', () => {
  const HOUR_MS = 3_600_000;

  test.each([
    ['PT1H', HOUR_MS],
    ['PT12H', 12 * HOUR_MS],
    ['PT90M', 1.5 * HOUR_MS],
    ['PT1H30M', 1.5 * HOUR_MS],
    ['PT3600S', HOUR_MS],
    ['P1D', 24 * HOUR_MS],
    ['P1DT1H', 25 * HOUR_MS],
    ['P1W', 12 * HOUR_MS],
    ['P1M', 12 * HOUR_MS],
    ['PT0S', 12 * HOUR_MS],
    ['P', 12 * HOUR_MS],
    ['PT', 12 * HOUR_MS],
    ['one hour', 12 * HOUR_MS],
    ['', 12 * HOUR_MS],
  ])('reads %j as %i', async (SessionDuration, expected) => {
    const { clock, live } = world();
    aws.on(DescribePermissionSetCommand).resolves({ PermissionSet: { SessionDuration } });
    expect(await clock.run(live.sessionDurationMs(SET, 'person'))).toBe(expected);
  });

  test('answers twelve hours where it cannot be read, and asks again', async () => {
    const { clock, live } = world();
    aws
      .on(DescribePermissionSetCommand)
      .rejectsOnce(DENIED)
      .resolvesOnce({})
      .resolves({ PermissionSet: { SessionDuration: 'PT2H' } });
    const ask = () => clock.run(live.sessionDurationMs(SET, 'person'));
    expect([await ask(), await ask(), await ask()]).toEqual([12 * HOUR_MS, 12 * HOUR_MS, 2 * HOUR_MS]);
  });

  test('remembers each permission set for ten minutes', async () => {
    const { clock, live } = world();
    aws
      .on(DescribePermissionSetCommand)
      .resolves({ PermissionSet: { SessionDuration: 'PT1H' } })
      .on(DescribePermissionSetCommand, { PermissionSetArn: OTHER_SET })
      .resolves({ PermissionSet: { SessionDuration: 'PT4H' } });
    const ask = (arn: string) => clock.run(live.sessionDurationMs(arn, 'person'));
    expect([await ask(SET), await ask(OTHER_SET), await ask(SET)]).toEqual([HOUR_MS, 4 * HOUR_MS, HOUR_MS]);
    expect(aws.calls()).toHaveLength(2);
    await clock.advance(600_000);
    await ask(SET);
    expect(aws.calls()).toHaveLength(3);
  });

  test('is asked once for all who ask together', async () => {
    const { clock, live } = world();
    aws.on(DescribePermissionSetCommand).resolves({ PermissionSet: { SessionDuration: 'PT1H' } });
    await clock.run(
      Promise.all([live.sessionDurationMs(SET, 'sweep'), live.sessionDurationMs(SET, 'person')]),
    );
    expect(aws.calls()).toHaveLength(1);
  });
});
