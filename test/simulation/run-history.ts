// Runs one history to its end, or to the first broken promise.

import type { Effect } from './effect.ts';
import type { Fate } from './fate.ts';
import type { History } from './history.ts';
import type { Tally } from './misfortunes.ts';
import { newMemory, performAct } from './perform-act.ts';
import { settleDown } from './settle-down.ts';
import { createSimulation, type Violation } from './simulated-world.ts';
import { loadTakenOver } from './taken-over-tables.ts';
import type { Scene, Watcher } from './watcher.ts';

export type Ran = {
  readonly violation?: Violation;
  /** Effects that were carried out or met a fate. */
  readonly effects: number;
  readonly tally: Tally;
  readonly settledMs: number;
  readonly virtualMs: number;
};

export type RunOptions = {
  readonly decide?: (effect: Effect, number: number) => Fate | undefined;
  readonly onTrace?: (line: string) => void;
  /** Ends when it has settled, and does not look whether it stays so. */
  readonly untilSettled?: boolean;
  /** Looks on besides the judges. */
  readonly watch?: (scene: Scene) => Watcher;
};

export async function runHistory(history: History, options: RunOptions = {}): Promise<Ran> {
  const simulation = await createSimulation(history, options);
  const { world, misfortunes, violations } = simulation;
  if (options.watch !== undefined) simulation.watch(options.watch(simulation.scene));
  const memory = newMemory();
  if (history.surroundings.takenOver) loadTakenOver(simulation, memory);
  for (const slot of history.surroundings.skewsMs.keys()) simulation.start(slot);
  const startedMs = world.clock.elapsedMs();
  for (const act of history.acts) {
    await world.advance(act.afterMs);
    if (violations.length > 0) break;
    await performAct(simulation, memory, act);
  }
  const settledMs =
    violations.length > 0 ? 0 : await settleDown(simulation, memory, { stay: options.untilSettled !== true });
  const [violation] = violations;
  simulation.flags.supervised = false;
  for (const { process } of simulation.running) process.die();
  return {
    ...(violation === undefined ? {} : { violation }),
    effects: misfortunes.effects(),
    tally: misfortunes.tally,
    settledMs,
    virtualMs: world.clock.elapsedMs() - startedMs,
  };
}
