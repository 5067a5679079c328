// Every alert, provoked. Two rows of stories, each told on a system of its own, one after the other.

import { setTimeout as delay } from 'node:timers/promises';
import {
  DEMO_ACCOUNTS,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from '../../local/identity-center/demo-organisation.ts';
import { eventually } from '../e2e/eventually.ts';
import { type Asked, approve, ask, assignmentOf, type Wish, wishesIn } from '../e2e/wish.ts';
import { clockAhead } from '../faketime.ts';
import type { AlertStory } from './alert-story.ts';
import { FOREIGN_GROUPS } from './foreign-groups.ts';
import type { WatchedSystem } from './watched-system.ts';

const { dev, staging, prod } = DEMO_ACCOUNTS;
const { jitAdmin, jitReadOnly } = DEMO_PERMISSION_SETS;

const ANA: Wish = { accountId: dev, permissionSetArn: jitAdmin, user: 'ana' };
const BEN: Wish = { accountId: staging, permissionSetArn: jitReadOnly, user: 'ben' };
const conflict = { kind: 'error', name: 'ConflictException' };

/** What a story has begun and its mending ends. */
const begun = new WeakMap<WatchedSystem, Asked[]>();

function remember(system: WatchedSystem, ...asked: readonly Asked[]): void {
  begun.set(system, [...(begun.get(system) ?? []), ...asked]);
}

async function endBegun(system: WatchedSystem): Promise<void> {
  await system.ended(...(begun.get(system) ?? []));
  begun.delete(system);
}

/** A hand in AWS. */
function byHand(system: WatchedSystem, method: 'POST' | 'DELETE', wish: Wish): Promise<unknown> {
  return system.stage.caller.admin(method, '/admin/assignments', { ...assignmentOf(wish) });
}

/** Made by hand, found, and removed by the loop. */
async function madeAgainAndRemoved(system: WatchedSystem, wish: Wish): Promise<void> {
  await byHand(system, 'POST', wish);
  const { principalId } = assignmentOf(wish);
  await eventually(
    'what was made by hand to be removed',
    async () => {
      const live = await system.stage.caller.assignments();
      const isThere = live.some(
        (each) => each.accountId === wish.accountId && each.principalId === principalId,
      );
      return isThere ? undefined : true;
    },
    { withinMs: 60_000 },
  );
}

/** What a sweep begins with. */
function scanOfLedger({ stage }: WatchedSystem): RegExp {
  return new RegExp(`\\.Scan .*"${stage.tableNames.assignments}"`);
}

export const FIRST_ROW: readonly AlertStory[] = [
  {
    alert: 'JitTwoLeaders',
    told: ['JitTwoLeaders critical'],
    broken: 'a second controller with other tables is started, and watched as if it were of the first',
    mended: 'it is ended',
    breakIt: async (system) => system.start(await system.otherTables()),
    mendIt: async (system) => {
      await system.endOthers();
      await system.start();
    },
  },
  {
    alert: 'JitAccessOverdue',
    told: ['JitAccessOverdue critical', 'JitAccessOverdue warning'],
    broken: 'access is revoked while AWS needs minutes for a deletion',
    mended: 'AWS finishes it',
    breakIt: async (system) => {
      const granted = await system.granted(ANA);
      await system.faults({
        operation: 'DeleteAccountAssignment',
        fault: { kind: 'operation-duration', durationMs: 15_000 },
      });
      await system.stage.caller.revoke(granted.id);
      remember(system, granted);
    },
    mendIt: endBegun,
  },
  {
    alert: 'JitStuckOperations',
    told: ['JitStuckOperations warning'],
    broken: 'access is approved while AWS refuses every creation as a conflict',
    mended: 'AWS takes it, and somebody forces a pass',
    breakIt: async (system) => {
      const { caller } = system.stage;
      await system.faults({ operation: 'CreateAccountAssignment', fault: conflict, times: null });
      const asked = await ask(caller, BEN);
      await approve(caller, asked);
      remember(system, asked);
    },
    mendIt: async (system) => {
      await system.faults();
      const why = { actor_email: 'cleo@example.com', reason: 'AWS takes it again', wait_seconds: 10 };
      await system.stage.caller.ops('POST', '/reconcile', why);
      await endBegun(system);
    },
  },
  {
    alert: 'JitDrift',
    told: ['JitDrift warning'],
    broken: 'granted access is taken away in AWS, and a group is given a managed permission set',
    mended: 'the request is revoked, and the group is taken away again',
    breakIt: async (system) => {
      remember(system, await system.granted(ANA));
      await byHand(system, 'DELETE', ANA);
      for (const group of FOREIGN_GROUPS)
        await system.stage.caller.admin('POST', '/admin/assignments', group);
      await eventually(
        'both kinds of drift to be told',
        async () => {
          const kinds = system.post.told().map(({ labels }) => labels.kind);
          return kinds.includes('missing') && kinds.includes('foreign') ? true : undefined;
        },
        { withinMs: 60_000 },
      );
    },
    mendIt: async (system) => {
      for (const group of FOREIGN_GROUPS)
        await system.stage.caller.admin('DELETE', '/admin/assignments', group);
      for (const { id } of begun.get(system) ?? []) await system.stage.caller.revoke(id);
      begun.delete(system);
    },
  },
  {
    alert: 'JitContested',
    told: ['JitContested warning'],
    broken: 'another hand makes access that has ended again after each removal',
    mended: 'it stops, and the access is given and ended as it should be',
    breakIt: async (system) => {
      const ended = await system.granted(BEN);
      await system.ended(ended);
      for (let time = 0; time < 2; time += 1) await madeAgainAndRemoved(system, BEN);
    },
    mendIt: async (system) => system.ended(await system.granted(BEN)),
  },
  {
    alert: 'JitNoPass',
    told: ['JitNoPass critical'],
    broken: "the leader's right to read what is due is taken away; it goes on leading",
    mended: 'it may again',
    breakIt: async ({ tables }) => tables.refuse(/gsi_status_due/),
    mendIt: async ({ tables }) => tables.refuse(),
  },
  {
    alert: 'JitPassesFailing',
    told: ['JitPassesFailing warning'],
    broken:
      "now and then the leader's right to read what is due is taken away, so that one pass in some fails",
    mended: 'it may again, every time',
    // A pass asks several times, once for each status.
    breakIt: async ({ tables }) => tables.refuse(/gsi_status_due/, 7),
    mendIt: async ({ tables }) => tables.refuse(),
  },
  {
    alert: 'JitClockOffset',
    told: ['JitClockOffset warning'],
    broken: 'a reconciler runs whose clock is twenty seconds ahead',
    mended: 'one runs whose clock is right',
    breakIt: async (system) => {
      const ahead = await system.start({ ...clockAhead(20), CLOCK_SKEW_MS: '30000' });
      await system.endOthers(ahead);
    },
    mendIt: async (system) => system.endOthers(await system.start()),
  },
  {
    alert: 'JitNoLeader',
    told: ['JitNoLeader critical'],
    broken: 'the only reconciler is ended, the API lives',
    mended: 'it is started',
    breakIt: (system) => system.endOthers(),
    mendIt: (system) => system.start(),
  },
  {
    alert: 'JitOutboxOld',
    told: ['JitOutboxOld warning'],
    broken: 'the plugin refuses what it is sent',
    mended: 'it takes it',
    breakIt: async (system) => {
      await system.stage.plugin({ answer: 'refuse', delayMs: 0 });
      remember(system, await system.granted(BEN));
    },
    mendIt: async (system) => {
      await system.stage.plugin({ answer: 'ok', delayMs: 0 });
      await endBegun(system);
    },
  },
  {
    alert: 'JitSignatureRejections',
    told: ['JitSignatureRejections warning'],
    broken: 'somebody calls the API five times with a key id that exists and a signature that does not fit',
    mended: 'nobody does any more',
    breakIt: async ({ stage }) => {
      for (let call = 0; call < 5; call += 1) {
        const headers = {
          'X-JIT-KeyID': 'local-plugin',
          'X-JIT-Timestamp': String(Math.floor(Date.now() / 1000)),
          'X-JIT-Nonce': `stolen-${call}`,
          'X-JIT-Signature': 'ab'.repeat(32),
        };
        await fetch(`${stage.urls.api}/config/accounts?channel_id=demo`, { headers });
        await delay(300);
      }
    },
    mendIt: async () => undefined,
  },
  {
    alert: 'JitRevocationObjective',
    // An ending that is slow is overdue while it lasts, and is told as that first.
    told: ['JitAccessOverdue warning', 'JitRevocationObjective critical', 'JitRevocationObjective warning'],
    goesOn: ['JitRevocationObjective warning'],
    broken: 'four endings take longer than a minute each',
    mended: 'endings are quick again; the warning looks back for days',
    breakIt: async (system) => {
      const wishes = wishesIn([dev, staging]).slice(0, 4);
      const asked = await Promise.all(wishes.map((wish) => system.granted(wish)));
      await system.faults({
        operation: 'DeleteAccountAssignment',
        fault: { kind: 'operation-duration', durationMs: 1_800 },
        times: null,
      });
      for (const each of asked) await system.ended(each);
    },
    mendIt: (system) => system.faults(),
  },
];

export const SECOND_ROW: readonly AlertStory[] = [
  {
    alert: 'JitBrakeTripped',
    told: ['JitBrakeTripped critical'],
    broken: 'seven assignments are made by hand in AWS',
    mended: 'somebody looks at the plan and releases its digest',
    breakIt: async (system) => {
      for (const wish of wishesIn([dev, staging]).slice(0, 7)) await byHand(system, 'POST', wish);
    },
    mendIt: (system) => system.release(),
  },
  {
    alert: 'JitRevocationsWithheld',
    told: ['JitRevocationsWithheld warning'],
    broken:
      'an assignment is made by hand while the scope changes, so that the first sweep of the new scope finds it',
    mended: 'somebody releases it',
    breakIt: async (system) => {
      const next = await system.start({ MANAGED_ACCOUNT_IDS: [dev, staging, prod].join(',') });
      // So that the one that is about to end does not sight it, whose scope is an old one: no sweep of its is under way any more.
      system.tables.refuse(scanOfLedger(system));
      await eventually('a sweep to fail', async () =>
        system.logged().includes('"part":"sweep"') ? true : undefined,
      );
      await byHand(system, 'POST', ANA);
      await system.endOthers(next);
      system.tables.refuse();
    },
    mendIt: (system) => system.release(),
  },
  {
    alert: 'JitSweepUnreadPairs',
    told: ['JitSweepUnreadPairs warning'],
    broken: 'AWS denies the listing of one account',
    mended: 'it allows it',
    breakIt: (system) =>
      system.faults({
        operation: 'ListAccountAssignments',
        accountId: staging,
        fault: { kind: 'error', name: 'AccessDeniedException' },
        times: null,
      }),
    mendIt: (system) => system.faults(),
  },
  {
    alert: 'JitIdentityCenterThrottled',
    told: ['JitIdentityCenterThrottled warning'],
    broken: 'somebody else uses up the quota, and one call in five is throttled',
    mended: 'nobody does any more',
    breakIt: (system) =>
      system.faults({
        operation: '*',
        fault: { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
        probability: 0.2,
      }),
    mendIt: (system) => system.faults(),
  },
  {
    alert: 'JitCanaryNotClosed',
    told: ['JitCanaryNotClosed warning'],
    broken: 'a canary is set, and AWS needs half an hour to give it its access',
    mended: 'AWS finishes; the canary is taken out again, since its interval cannot be scaled',
    breakIt: async (system) => {
      await system.faults({
        operation: 'CreateAccountAssignment',
        fault: { kind: 'operation-duration', durationMs: 30_000 },
      });
      const next = await system.start({
        CANARY_ACCOUNT_ID: dev,
        CANARY_PERMISSION_SET_ARN: jitReadOnly,
        CANARY_PRINCIPAL_ID: DEMO_USERS.dora.id,
        CANARY_INTERVAL_MINUTES: '5',
      });
      await system.endOthers(next);
    },
    mendIt: async (system) => {
      await eventually(
        'the canary to close',
        async () => (system.post.firing().length === 0 ? true : undefined),
        { withinMs: 60_000 },
      );
      await system.endOthers(await system.start());
    },
  },
  {
    alert: 'JitNoFullSweep',
    told: ['JitNoFullSweep warning'],
    broken: "the leader's right to scan the ledger is taken away, so that no sweep comes to its end",
    mended: 'it may again',
    breakIt: async (system) => system.tables.refuse(scanOfLedger(system)),
    mendIt: async ({ tables }) => tables.refuse(),
  },
];

export type ToldStory = Pick<AlertStory, 'alert' | 'told' | 'broken' | 'mended'>;

/** Told by itself, because nothing may have been there before. */
export const NOTHING_THERE: ToldStory = {
  alert: 'JitNoPass',
  told: ['JitNoPass critical'],
  broken: 'no process is there to be watched, and none ever was',
  mended: 'the API and a reconciler are started and watched',
};

export const ALERT_STORIES: readonly ToldStory[] = [...FIRST_ROW, ...SECOND_ROW, NOTHING_THERE];
