// Which AWS calls a part can make, from its code: the commands that are imported as values by the files that its entry
// points reach, and of the tables' store only what its own files ask of it.

import { importsOf, type SourceFile, withoutComments } from '../source-file.ts';

const SERVICES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-sso-admin': 'sso',
  '@aws-sdk/client-identitystore': 'identitystore',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/lib-dynamodb': 'dynamodb',
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
  '@aws-sdk/client-lambda': 'lambda',
  '@aws-sdk/client-cloudwatch': 'cloudwatch',
};

// IAM knows the items of a transaction and the calls of the document client by other names.
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:Get': ['dynamodb:GetItem'],
  'dynamodb:BatchGet': ['dynamodb:BatchGetItem'],
  'dynamodb:Put': ['dynamodb:PutItem'],
  'dynamodb:Update': ['dynamodb:UpdateItem'],
  'dynamodb:Delete': ['dynamodb:DeleteItem'],
  'dynamodb:TransactWrite': [
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:ConditionCheckItem',
  ],
  'lambda:Invoke': ['lambda:InvokeFunction'],
};

// Both parts are handed the same store; a read that a part never asks for is not made by it.
const ASKED_BY: Readonly<Record<string, RegExp>> = {
  'dynamodb:Scan': /\bscanAll\(|\.scan\(/,
  'dynamodb:BatchGet': /\.getMany\(/,
  'dynamodb:Query': /\bqueryAll\(|\.query\(/,
};

/** The IAM actions, sorted. `own` is the folder of the part: its entry points are `main.ts` and `lambda.ts`. */
export function callsOfPart(own: 'api' | 'reconciler', files: readonly SourceFile[]): readonly string[] {
  const reached = reachedFrom([`${own}/main.ts`, `${own}/lambda.ts`], files);
  const ownCode = reached.filter(({ path }) => path.startsWith(`${own}/`)).map(({ text }) => text);
  const asked = (call: string) => ownCode.some((text) => ASKED_BY[call]?.test(withoutComments(text)) ?? true);
  const calls = new Set(reached.flatMap(commandsOf).filter(asked));
  return [...new Set([...calls].flatMap((call) => ACTIONS[call] ?? [call]))].toSorted();
}

function reachedFrom(entries: readonly string[], files: readonly SourceFile[]): readonly SourceFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...importsOf(file));
  }
  return files.filter(({ path }) => reached.has(path));
}

/** `service:Command` for each command that is imported as a value; a type makes no call. */
function commandsOf({ text }: SourceFile): readonly string[] {
  const imports = withoutComments(text).matchAll(/\bimport \{([^}]*)\} from '(@aws-sdk\/[^']+)'/g);
  return [...imports].flatMap(([, names = '', from = '']) => {
    const commands = names.split(',').flatMap((name) => /^\s*(\w+)Command\s*$/.exec(name)?.[1] ?? []);
    const service = SERVICES[from];
    if (commands.length > 0 && service === undefined) throw new Error(`which service is ${from}?`);
    return commands.map((command) => `${service}:${command}`);
  });
}
