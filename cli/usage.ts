// What `jit` can do, in words. Pure.

import { type OperatorCommand, OperatorCommands } from './operator-commands.ts';

const WIDTH = 14;

/** Printed with `help`, and after what was not understood. */
export function usage(): string {
  return `usage: jit VERB [OPTIONS]

The parts; each runs until it gets SIGTERM or SIGINT:
${line('api', 'the signed API')}
${line('reconciler', 'the loop')}
${line('all', 'both in one process')}

One pass, with an exit code by what came of it (0 settled, 3 another process leads, 4 not settled):
${line('once', '[--within SECONDS]')}

Calls to the API, signed; the answer is JSON (0 answered, 1 refused or failed, 2 not understood):
${OperatorCommands.flatMap((command) => described(command)).join('\n')}

The calls read JIT_API_URL, the key from JIT_KEY_FILE ({"id": "secret"}) or from JIT_KEY_ID and JIT_KEY_SECRET, and who
acts from JIT_ACTOR_EMAIL. The parts read what docs/configuration.md says.`;
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(WIDTH)} ${text}`.trimEnd();
}

function described(command: OperatorCommand): readonly string[] {
  const takes = taken(command);
  const first = line(command.name, command.summary);
  return takes === '' ? [first] : [first, line('', takes)];
}

function taken({ words, options, required = [], oneOf = [] }: OperatorCommand): string {
  const shown = Object.entries(options).map(([option, takes]) => {
    const whole = takes === '' ? `--${option}` : `--${option} ${takes}`;
    return { option, whole };
  });
  const choice = shown.filter(({ option }) => oneOf.includes(option)).map(({ whole }) => whole);
  const others = shown
    .filter(({ option }) => !oneOf.includes(option))
    .map(({ option, whole }) => (required.includes(option) ? whole : `[${whole}]`));
  const needed = choice.length === 0 ? [] : [`(${choice.join(' | ')})`];
  return [...words, ...needed, ...others].join(' ');
}
