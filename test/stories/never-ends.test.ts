// Answers that never come: of the tables, of AWS, of the chat. Nothing waits for them for ever, and above all no ending.

import { expect, it } from 'vitest';
import { DEMO_INSTANCE_ARN } from '../../local/identity-center/demo-organisation.ts';
import type { IdentityCenter } from '../../reconciler/run-forever.ts';
import { openIdentityCenter } from '../../src/aws/open-identity-center.ts';
import type { Store } from '../../src/store.ts';
import { ANA, createWorld, DORA, MINUTE, SECOND, startedWorld, type World } from '../world.ts';

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** Identity Center as the world's processes open it, of which some answers never come. */
function hangingIdentityCenter(world: World, hangs: (operation: string) => boolean): () => IdentityCenter {
  return () =>
    openIdentityCenter({
      send: (command) =>
        hangs(command.constructor.name.replace(/Command$/, ''))
          ? never()
          : world.clients.ssoAdmin.send(command),
      instanceArn: DEMO_INSTANCE_ARN,
      clock: world.clock,
      ratePerSecond: 15,
      outstandingMax: 10,
      sweepShare: 0.3,
      onCall: () => undefined,
    });
}

/** The tables as one process reaches them. */
function hangingStore(store: Store, hangs: (index: string | undefined) => boolean): Store {
  return {
    ...store,
    query: (query) => (hangs(query.index) ? never() : store.query(query)),
    scan: (table, options) => (hangs(options.index) ? never() : store.scan(table, options)),
  };
}

it('a list that never comes while a grant is made holds up neither the grant nor its end', async () => {
  const world = await createWorld();
  let hung = 0;
  const isHung = { now: false };
  world.start({
    openIdentityCenter: hangingIdentityCenter(world, (operation) => {
      const hangs = isHung.now && operation === 'ListAccountAssignments' && hung === 0;
      if (hangs) hung += 1;
      return hangs;
    }),
  });
  // Between two sweeps: it is the grant's own list that hangs.
  await world.advance(2 * MINUTE + 20 * SECOND);
  const id = await world.ask(ANA);
  isHung.now = true;
  await world.approve(id);
  await world.advance(10 * SECOND);
  expect(hung).toBe(1);
  expect((await world.revoke(id)).status).toBe(200);
  await world.advance(30 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.said(id)).toContain('REVOKED');
  await world.stop();
});

it('questions that hang below the port are abandoned with their run, and the next one ends the access', async () => {
  const lines: unknown[] = [];
  const world = await createWorld({ onLog: (level, message) => lines.push([level, message]) });
  const isHung = { now: false };
  world.start({
    // What no limit of a call can see: the port itself forgets to answer.
    openIdentityCenter: () => {
      const aws = hangingIdentityCenter(world, () => false)();
      return {
        ...aws,
        live: { ...aws.live, listPair: (...asked) => (isHung.now ? never() : aws.live.listPair(...asked)) },
      };
    },
  });
  await world.advance(2 * MINUTE);
  const id = await world.ask(ANA);
  isHung.now = true;
  await world.approve(id);
  await world.advance(10 * SECOND);
  expect(world.isLive(ANA)).toBe(true);
  await world.revoke(id);
  isHung.now = false;
  await world.advance(3 * MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(lines).toContainEqual(['error', 'converging an assignment failed']);
  await world.stop();
});

it.each(['CreateAccountAssignment', 'DeleteAccountAssignment'])(
  'a %s whose answer never comes counts as lost, and is made again',
  async (hanging) => {
    const world = await createWorld();
    let hung = 0;
    world.start({
      openIdentityCenter: hangingIdentityCenter(world, (operation) => operation === hanging && hung++ === 0),
    });
    await world.advance(2 * MINUTE);
    const id = await world.ask(ANA);
    await world.approve(id);
    await world.advance(2 * MINUTE);
    expect(world.isLive(ANA)).toBe(true);
    await world.revoke(id);
    await world.advance(2 * MINUTE);
    expect(hung).toBeGreaterThan(0);
    expect(world.isLive(ANA)).toBe(false);
    await world.stop();
  },
);

it('one query for what is due that never comes costs seconds', async () => {
  const world = await createWorld();
  const isHung = { now: false };
  world.start({
    store: hangingStore(world.store, (index) => {
      const hangs = isHung.now && index === 'gsi_status_due';
      if (hangs) isHung.now = false;
      return hangs;
    }),
  });
  await world.advance(2 * MINUTE);
  const id = await world.granted(ANA);
  isHung.now = true;
  await world.advance(6 * SECOND);
  expect(isHung.now).toBe(false);
  await world.revoke(id);
  await world.advance(30 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.processes[0]?.reconciler.isLeading()).toBe(true);
  await world.stop();
});

it('a leader in which no tick ends gives the lease up to one in which they do', async () => {
  const world = await createWorld();
  const isHung = { now: false };
  const first = world.start({
    store: hangingStore(world.store, (index) => isHung.now && index === 'gsi_status_due'),
  });
  await world.advance(2 * MINUTE);
  const second = world.start();
  const id = await world.granted(DORA, { minutes: 1 });
  isHung.now = true;
  await world.advance(3 * MINUTE);
  expect(first.reconciler.isLeading()).toBe(false);
  expect(second.reconciler.isLeading()).toBe(true);
  // It stands by, and may be of use again.
  expect(first.reconciler.isAlive()).toBe(true);
  await world.advance(30 * SECOND);
  expect(world.isLive(DORA)).toBe(false);
  expect(world.row(id).status).toBe('EXPIRED');
  await world.advance(MINUTE);
  expect(first.reconciler.isLeading()).toBe(false);
  await world.stop();
});

it('a process alone in which no tick ends tries it anew, and then asks to be restarted', async () => {
  const world = await createWorld();
  const isHung = { now: false };
  const { reconciler } = world.start({
    store: hangingStore(world.store, (index) => isHung.now && index === 'gsi_status_due'),
  });
  await world.advance(2 * MINUTE);
  isHung.now = true;
  await world.advance(3 * MINUTE);
  expect(reconciler.isAlive()).toBe(true);
  await world.advance(4 * MINUTE);
  expect(reconciler.isAlive()).toBe(false);
  isHung.now = false;
  await world.advance(2 * MINUTE);
  expect(reconciler.isLeading()).toBe(true);
  expect(reconciler.isAlive()).toBe(true);
  await world.stop();
});

it('tables that answer nobody cost no lease: there is nobody better', async () => {
  const lines: string[] = [];
  const world = await startedWorld({ onLog: (_level, message) => lines.push(message) });
  const process = world.processes[0]?.reconciler;
  world.store.hooks.onRead = (read) => {
    if (read.kind === 'query') throw new Error('down');
  };
  await world.advance(10 * MINUTE);
  expect(process?.isLeading()).toBe(true);
  expect(process?.isAlive()).toBe(true);
  expect(lines.filter((line) => line.includes('given up'))).toEqual([]);
  delete world.store.hooks.onRead;
  await world.stop();
});

it('one beat of the lease that hangs does not cost the lease', async () => {
  const world = await createWorld();
  let hung = 0;
  const { reconciler } = world.start({
    store: {
      ...world.store,
      transact: (writes) => {
        const isBeat = writes.some((write) => write.kind === 'put' && write.row.name === 'leader');
        if (isBeat && world.clock.elapsedMs() > MINUTE && hung++ === 0) return never();
        return world.store.transact(writes);
      },
    },
  });
  await world.advance(MINUTE);
  const epoch = world.control('leader')?.epoch;
  for (let second = 0; second < 60; second += 1) {
    await world.advance(SECOND);
    expect(reconciler.isLeading()).toBe(true);
  }
  expect(hung).toBeGreaterThan(0);
  expect(world.control('leader')?.epoch).toBe(epoch);
  await world.stop();
});

it('a chat that never answers delays its own message, and no other request', async () => {
  const world = await createWorld();
  const silent = new Set<string>();
  world.start({
    send: async (body) => {
      if (silent.has(body.request_id)) return never();
      world.messages.push(body);
      return { kind: 'accepted' };
    },
  });
  await world.advance(2 * MINUTE);
  const first = await world.ask(ANA);
  silent.add(first);
  await world.approve(first);
  await world.advance(5 * SECOND);
  const second = await world.granted(DORA);
  await world.advance(MINUTE);
  expect(world.said(second)).toContain('GRANTED');
  silent.clear();
  await world.advance(2 * MINUTE);
  expect(world.said(first)).toContain('GRANTED');
  await world.stop();
});

it('a revoke whose audit event is never answered is answered in time, and stands', async () => {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  world.store.hooks.onBeforeWrite = async (writes) => {
    if (writes.some(({ table }) => table === 'audit')) await never();
  };
  const askedMs = world.clock.elapsedMs();
  expect((await world.revoke(id)).status).toBe(200);
  // The plugin gives up after ten seconds.
  expect(world.clock.elapsedMs() - askedMs).toBeLessThan(10 * SECOND);
  delete world.store.hooks.onBeforeWrite;
  await world.advance(MINUTE);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id).audited_status).toBe('REVOKED');
  await world.stop();
});

it('a table that says nothing fails a call of the API within seconds', async () => {
  const world = await startedWorld();
  const id = await world.ask(ANA);
  world.store.hooks.onRead = () => never();
  const askedMs = world.clock.elapsedMs();
  await expect(world.approve(id)).rejects.toThrow('no answer within 4 s');
  expect(world.clock.elapsedMs() - askedMs).toBeLessThan(10 * SECOND);
  delete world.store.hooks.onRead;
  await world.stop();
});
