// The dead man's switch: a controller of which nothing is there to be watched, not even at zero.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../e2e/eventually.ts';
import { NOTHING_THERE } from './alert-stories.ts';
import { nameOf, openWatchPost, type WatchPost } from './watch-post.ts';
import { openWatchedSystem, type WatchedSystem } from './watched-system.ts';

const STORY_MS = 240_000;

let post: WatchPost;
let system: WatchedSystem | undefined;
beforeAll(async () => {
  post = await openWatchPost();
}, STORY_MS);
afterAll(async () => {
  await post?.close();
  await system?.close();
}, STORY_MS);

test('JitNoPass is heard where no process was ever there, and is over once one is', {
  timeout: STORY_MS,
}, async () => {
  const heard = () => [...new Set(post.told().map(nameOf))];
  await eventually('somebody to be told', async () => (heard().length > 0 ? true : undefined), {
    withinMs: 60_000,
  });
  system = await openWatchedSystem();
  await post.watch(system.targets());
  await eventually(
    'it to be over',
    async () => (post.firing().length === 0 && (await post.held()).length === 0 ? true : undefined),
    { withinMs: 60_000 },
  );
  // That nothing was swept either follows from it, and is held back.
  expect(heard()).toEqual(NOTHING_THERE.told);
});
