// Step two of reading the configuration: settings that may be absent become a configuration that is whole, or the
// sentences that say why not. It collects problems and never stops at the first.

import type { SettingName } from './settings.ts';

/** `config` is absent where something is wrong: then `problems`, here or of the step before, says what. */
export type Draft<C> = { readonly config?: C; readonly problems: readonly string[] };

/** Two parts of one configuration. */
export function joinDrafts<A extends object, B extends object>(a: Draft<A>, b: Draft<B>): Draft<A & B> {
  const problems = [...a.problems, ...b.problems];
  return a.config && b.config ? { config: { ...a.config, ...b.config }, problems } : { problems };
}

/** A sentence for each of `names` that is not set. What is set and malformed has been reported already. */
export function missingSettings(
  names: Readonly<Partial<Record<SettingName, string>>>,
  read: { readonly settings: object; readonly malformed: ReadonlySet<string> },
): string[] {
  return Object.entries(names)
    .filter(([name]) => !(name in read.settings) && !read.malformed.has(name))
    .map(([name, expected]) => `${name} is not set: expected ${expected}`);
}
