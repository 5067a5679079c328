// What waits, by priority and within one priority by age. It never decides whether something may go: its user says
// among which priorities to look.

import { Priorities, type Priority } from '../priority.ts';

/** `order` grows with every call that is asked for: the smaller one has waited longer. */
export type Ranked = { priority: Priority; readonly order: number };

export class WaitingLine<T extends Ranked> {
  readonly #byPriority: Record<Priority, T[]> = { person: [], expiry: [], grant: [], orphan: [], sweep: [] };

  get size(): number {
    return Priorities.reduce((sum, priority) => sum + this.#byPriority[priority].length, 0);
  }

  count(priority: Priority): number {
    return this.#byPriority[priority].length;
  }

  /** A moved item takes the place that its age gives it, as if it had been asked for with this priority. */
  add(item: T): void {
    const line = this.#byPriority[item.priority];
    line.splice(placeOf(line, item.order), 0, item);
  }

  remove(item: T): void {
    const line = this.#byPriority[item.priority];
    const place = placeOf(line, item.order);
    if (line[place] === item) line.splice(place, 1);
  }

  /** Who of these priorities goes next; it stays in the line. */
  next(among: readonly Priority[], by: 'priority' | 'age'): T | undefined {
    let best: T | undefined;
    for (const priority of among) {
      const head = this.#byPriority[priority][0];
      if (head !== undefined && (best === undefined || isBefore(head, best, by))) best = head;
    }
    return best;
  }

  all(): readonly T[] {
    return Priorities.flatMap((priority) => this.#byPriority[priority]);
  }
}

/**
 * Which one goes: the earliest priority and then the oldest, or by age alone. Sweeping has no age: it goes when nothing
 * else can.
 */
export function pickNext<T extends Ranked>(items: Iterable<T>, by: 'priority' | 'age'): T | undefined {
  let best: T | undefined;
  for (const item of items) {
    if (best === undefined || isBefore(item, best, by)) best = item;
  }
  return best;
}

function isBefore(one: Ranked, other: Ranked, by: 'priority' | 'age'): boolean {
  const ranks = Priorities.indexOf(one.priority) - Priorities.indexOf(other.priority);
  const isSweep = one.priority === 'sweep' || other.priority === 'sweep';
  return by === 'priority' || isSweep
    ? ranks < 0 || (ranks === 0 && one.order < other.order)
    : one.order < other.order;
}

/** Where `order` stands, or would stand, in a line sorted by it. */
function placeOf(line: readonly Ranked[], order: number): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((line[middle]?.order ?? order) < order) low = middle + 1;
    else high = middle;
  }
  return low;
}
