// Tells a row of stories: each alert is broken into being, heard by somebody, alone, and heard to be over.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../e2e/eventually.ts';
import type { AlertStory } from './alert-story.ts';
import { nameOf, whatIsMissing } from './watch-post.ts';
import { openWatchedSystem, type WatchedSystem } from './watched-system.ts';

/** A quarter of an hour of the rules. */
const CALM_MS = 15_000;
const STORY_MS = 240_000;
const HEARD = { withinMs: 120_000, everyMs: 250 };

export function tellStories(title: string, stories: readonly AlertStory[]): void {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new Error(`the stories of the alerts cannot be told: ${missing}`);
  describe(title, () => {
    let system: WatchedSystem;
    beforeAll(async () => {
      system = await openWatchedSystem();
    }, STORY_MS);
    afterAll(() => system?.close(), STORY_MS);

    test('a healthy system wakes nobody up', { timeout: STORY_MS }, async () => {
      await quiet(system);
      await delay(CALM_MS);
      expect(system.post.told().map(nameOf)).toEqual([]);
    });

    test.each(stories.map((story) => [story.alert, story] as const))(
      '%s is heard, alone, and is over once it is mended',
      { timeout: STORY_MS },
      async (_alert, story) => {
        await quiet(system);
        const before = system.post.told().length;
        await story.breakIt(system);
        const heard = () => [
          ...new Set(
            system.post
              .told()
              .slice(before)
              .filter(({ status }) => status === 'firing')
              .map(nameOf),
          ),
        ];
        const first = story.told.filter((name) => !story.goesOn?.includes(name));
        await eventually(
          `${first} to be heard; heard were: ${heard()}`,
          async () => (first.every((name) => heard().includes(name)) ? true : undefined),
          HEARD,
        );
        await story.mendIt(system);
        const goesOn = story.goesOn ?? [];
        await quiet(system, goesOn);
        expect(heard().sort()).toEqual([...story.told].sort());
      },
    );
  });
}

/** Nothing fires and nothing is about to, but for what goes on. */
async function quiet({ post }: WatchedSystem, goesOn: readonly string[] = []): Promise<void> {
  const others = (names: readonly string[]) =>
    names.filter((name) => !goesOn.some((each) => each.startsWith(name.split(' ')[0] ?? name)));
  let left: readonly string[] = [];
  await eventually(
    'nothing to fire, nor to be about to',
    async () => {
      left = [...others(await post.held()), ...others(post.firing())];
      const isHeard = goesOn.every((name) => post.firing().includes(name));
      return left.length === 0 && isHeard ? true : undefined;
    },
    HEARD,
  ).catch((error: unknown) => {
    throw new Error(`${left.join(', ')} still there`, { cause: error });
  });
}
