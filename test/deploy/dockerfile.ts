// A Dockerfile as plain data, for the tests that judge it and for the one that does by hand what it says.

export type Instruction = {
  readonly keyword: string;
  /** `--from=build` is `from: 'build'`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows, with variables filled in from ARG defaults. */
  readonly text: string;
  /** The list where it is written in exec form. */
  readonly exec?: readonly string[];
};

export type Stage = {
  readonly name: string;
  readonly image: string;
  /** As it is written; undefined where it is the one that is asked for. */
  readonly platform: string | undefined;
  readonly instructions: readonly Instruction[];
};

/** Each stage with its instructions, in their order. What stands before the first FROM only fills in variables. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: (Omit<Stage, 'instructions'> & { instructions: Instruction[] })[] = [];
  const variables: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const instruction = parseInstruction(line, variables);
    if (instruction.keyword === 'ARG') {
      const [name = '', value] = instruction.text.split('=');
      if (value !== undefined) variables[name] = value;
    }
    if (instruction.keyword === 'FROM') {
      const [image = '', , name = ''] = instruction.text.split(/\s+/);
      stages.push({ image, name, platform: instruction.flags.platform, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function linesOf(text: string): readonly string[] {
  const code = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  return code
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
}

function parseInstruction(line: string, variables: Readonly<Record<string, string>>): Instruction {
  const [keyword = '', ...words] = line.split(' ');
  const flagCount = words.findIndex((word) => !word.startsWith('--'));
  const flagWords = words.slice(0, Math.max(0, flagCount));
  const text = fillIn(words.slice(flagWords.length).join(' '), variables);
  const exec = execForm(text);
  return {
    keyword: keyword.toUpperCase(),
    flags: Object.fromEntries(flagWords.map((word) => word.slice(2).split('=') as [string, string])),
    text,
    ...(exec === undefined ? {} : { exec }),
  };
}

function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => variables[name] ?? whole);
}

/** HEALTHCHECK has its list behind a word of its own. */
function execForm(text: string): readonly string[] | undefined {
  const list = text.replace(/^CMD /, '');
  if (!list.startsWith('[')) return undefined;
  const value: unknown = JSON.parse(list);
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** The pairs of an ENV or a LABEL. */
export function pairsOf({ text }: Instruction): ReadonlyMap<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g)];
  return new Map(pairs.map(([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')]));
}
