// What people are told while the chat is away, or refuses one notification: late, in order, and without holding up
// anything else.

import { expect, it } from 'vitest';
import { ANA, BEN, CLEO, createWorld, MINUTE, SECOND, startedWorld } from '../world.ts';

it('a request that is granted and revoked while the chat is down settles, and is told in order afterwards', async () => {
  const world = await startedWorld();
  world.chat.answer = 'down';
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(30 * SECOND);
  expect(world.isLive(ANA)).toBe(false);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  expect(world.said(id)).toEqual([]);
  world.chat.answer = 'ok';
  await world.advance(2 * MINUTE);
  expect(world.said(id)).toEqual(['GRANTED', 'REVOKED']);
  expect(world.store.dump('outbox')).toEqual([]);
  await world.stop();
});

it('a notification that is refused holds up those of its own request only', async () => {
  const world = await createWorld();
  const refused = await world.ask(ANA);
  const told: string[] = [];
  world.start({
    // The longest back-off: by the time others are granted, the refused one is next tried in half a minute.
    random: () => 0.99,
    send: async ({ request_id, status }) => {
      if (request_id === refused) return { kind: 'refused', why: 'no such channel' };
      told.push(`${request_id} ${status}`);
      return { kind: 'accepted' };
    },
  });
  await world.approve(refused);
  await world.advance(90 * SECOND);
  expect(world.row(refused).status).toBe('GRANTED');
  const ids = [await world.granted(BEN), await world.granted(CLEO)];
  await world.advance(6 * SECOND);
  expect(told.toSorted()).toEqual(ids.map((id) => `${id} GRANTED`).toSorted());
  expect(world.store.dump('outbox')).toMatchObject([{ request_id: refused, last_error: 'no such channel' }]);
  await world.stop();
});
