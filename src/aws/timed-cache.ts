// Remembers answers for a while, by a clock that never runs backwards. Only what may be a little old belongs here:
// never who holds access.

import type { MonotonicClock } from '../clock.ts';

export class TimedCache<Value> {
  readonly #clock: MonotonicClock;
  readonly #keepMs: number;
  readonly #entries = new Map<string, { readonly value: Value; readonly untilMs: number }>();

  constructor(clock: MonotonicClock, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.elapsedMs() < entry.untilMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, { value, untilMs: this.#clock.elapsedMs() + this.#keepMs });
  }
}
