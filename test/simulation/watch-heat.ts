// L4, "never to make things worse": whatever fails, nobody asks AWS the same thing again and again without a pause. The call
// budget would let one assignment use all of it, and everybody else's endings would wait.

import type { Listed, Scene, Watcher } from './watcher.ts';

const WINDOW_MS = 10_000;
/** The most that any of 120 drawn histories needed was 11. */
const LISTS_MAX = 60;

export function watchHeat(scene: Scene): Watcher {
  const listedMs = new Map<string, readonly number[]>();
  const reported = new Set<string>();
  return {
    listed({ by, pair }: Listed) {
      const key = `${by} ${pair}`;
      const nowMs = scene.elapsedMs();
      const recent = [...(listedMs.get(key) ?? []).filter((ms) => ms > nowMs - WINDOW_MS), nowMs];
      listedMs.set(key, recent);
      if (recent.length <= LISTS_MAX || reported.has(key)) return;
      reported.add(key);
      scene.report('L4', `${by} lists ${pair} ${recent.length} times in ${WINDOW_MS / 1000} s`);
    },
  };
}
