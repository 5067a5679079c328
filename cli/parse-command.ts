// What was typed after `jit`, understood or explained. Pure.

import { parseArgs } from 'node:util';
import { type ApiCall, type OperatorCommand, OperatorCommands } from './operator-commands.ts';

export const PartVerbs = ['api', 'reconciler', 'all'] as const;

export type Command =
  | { readonly kind: 'part'; readonly part: (typeof PartVerbs)[number] }
  | { readonly kind: 'once'; readonly withinMs: number }
  | { readonly kind: 'call'; readonly call: ApiCall }
  | { readonly kind: 'help' };
export type ParsedCommand =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly problem: string };

const WITHIN_SECONDS = { usual: 300, least: 10, most: 86_400 } as const;

/** Who acts may be named once for all, so that it need not be typed in the middle of the night. */
export const ACTOR_VARIABLE = 'JIT_ACTOR_EMAIL';

/** The command that the arguments describe, or in a sentence why they describe none. */
export function parseCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedCommand {
  const [verb, ...rest] = args[0] === 'jit' ? args.slice(1) : args;
  if (verb === undefined) return refused('a verb is needed');
  if (['help', '--help', '-h'].includes(verb) || rest.includes('--help')) return understood({ kind: 'help' });
  const part = PartVerbs.find((each) => each === verb);
  if (part !== undefined)
    return rest.length === 0 ? understood({ kind: 'part', part }) : tooMuch(verb, rest[0]);
  if (verb === 'once') return parseOnce(rest);
  const command = OperatorCommands.find(({ name }) => name === verb);
  if (command === undefined) return refused(`unknown verb "${verb}"`);
  return parseCall(command, rest, env);
}

function parseOnce(rest: readonly string[]): ParsedCommand {
  const typed = parseOptions({ name: 'once', options: { within: 'SECONDS' } }, rest);
  if (typeof typed === 'string') return refused(typed);
  if (typed.words.length > 0) return tooMuch('once', typed.words[0]);
  const { usual, least, most } = WITHIN_SECONDS;
  const text = typed.values.get('within');
  const seconds = text === undefined ? usual : /^\d{1,6}$/.test(`${text}`) ? Number(text) : Number.NaN;
  if (!(seconds >= least && seconds <= most))
    return refused(`--within is "${text}": expected a whole number of seconds from ${least} to ${most}`);
  return understood({ kind: 'once', withinMs: seconds * 1000 });
}

function parseCall(
  command: OperatorCommand,
  rest: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedCommand {
  const { name, words, options } = command;
  const typed = parseOptions(command, rest);
  if (typeof typed === 'string') return refused(typed);
  const { values } = typed;
  const actor = env[ACTOR_VARIABLE];
  if ('actor' in options && actor && !values.has('actor')) values.set('actor', actor);
  const missing = words[typed.words.length];
  if (missing !== undefined) return refused(`"${name}" needs ${missing}`);
  if (typed.words.length > words.length) return tooMuch(name, typed.words[words.length]);
  const problem = whatIsMissing(command, values);
  if (problem !== undefined) return refused(`"${name}" ${problem}`);
  const text = (option: string) => {
    const value = values.get(option);
    return typeof value === 'string' ? value : undefined;
  };
  const flag = (option: string) => values.get(option) === true;
  return understood({ kind: 'call', call: command.call({ words: typed.words, text, flag }) });
}

function whatIsMissing(
  { required = [], oneOf, atMostOneOf = [] }: OperatorCommand,
  values: ReadonlyMap<string, unknown>,
): string | undefined {
  const missing = required.find((option) => !values.has(option));
  if (missing === 'actor') return `needs --actor or ${ACTOR_VARIABLE}: the e-mail address of who acts`;
  if (missing !== undefined) return `needs --${missing}`;
  const given = (options: readonly string[]) => options.filter((option) => values.has(option)).length;
  if (oneOf !== undefined && given(oneOf) !== 1) return `needs exactly one of ${dashed(oneOf)}`;
  return given(atMostOneOf) > 1 ? `takes at most one of ${dashed(atMostOneOf)}` : undefined;
}

type Options = { readonly words: readonly string[]; readonly values: Map<string, string | true> };

function parseOptions(
  { name, options }: Pick<OperatorCommand, 'name' | 'options'>,
  rest: readonly string[],
): Options | string {
  const known = Object.entries(options).map(([option, takes]) => {
    return [option, { type: takes === '' ? ('boolean' as const) : ('string' as const) }] as const;
  });
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: Object.fromEntries(known),
      allowPositionals: true,
    });
    const set = Object.entries(values).flatMap(([option, value]) =>
      typeof value === 'string' || value === true ? [[option, value] as const] : [],
    );
    const empty = set.find(([, value]) => value === '');
    if (empty !== undefined) return `--${empty[0]} is empty: expected ${options[empty[0]]}`;
    return { words: positionals, values: new Map(set) };
  } catch (error) {
    // Only the first sentence: the rest is about arguments that begin with a dash, which nobody means.
    return `"${name}": ${error instanceof Error ? error.message.split('. ')[0] : String(error)}`;
  }
}

function dashed(options: readonly string[]): string {
  return options.map((option) => `--${option}`).join(', ');
}

function tooMuch(verb: string, word = ''): ParsedCommand {
  return refused(`"${verb}" does not take "${word}"`);
}

function understood(command: Command): ParsedCommand {
  return { ok: true, command };
}

function refused(problem: string): ParsedCommand {
  return { ok: false, problem };
}
