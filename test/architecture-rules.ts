// The rules that every file of the project keeps, each with made-up files that break it: a rule that cannot fail is no
// rule. What a rule is for stands in its sentence.

import { codeOf, importsOf, type SourceFile, withoutComments } from './source-file.ts';

export type Rule = {
  /** What is forbidden, or required. */
  readonly says: string;
  /** What of a file breaks it. */
  readonly broken: (file: SourceFile) => readonly string[];
  /** Files that break it. */
  readonly examples: readonly SourceFile[];
};

const ENTRY_POINT = /^((api|reconciler|local|cli)\/(main|lambda)|cli\/check-health)\.ts$/;
/** They fit parts together, as entry points do, but run nothing when they are imported: several verbs stand on them. */
const FITTER = /^(api\/(start|run)-api|reconciler\/(fit|run)-reconciler)\.ts$/;
const SHARED = /^src\/[^/]+\.ts$/;
const AWS = /^src\/aws\//;
const RECONCILER = /^reconciler\//;
const API = /^api\//;
const CLI = /^cli\//;
const SHIPPED = /^(src|api|reconciler)\/.*\.ts$/;
const SHIPPED_OR_LOCAL = /^(src|api|reconciler|cli|local)\/.*\.ts$/;
const SOURCE = /^(src|api|reconciler|local|cli|console|bench)\/.*\.ts$/;
const TESTING = /^test\/.*\.ts$/;
/** Real processes, which may be timed; the walk through the runbook is one, and is run by `npm test`. */
const REAL_TIME = /^test\/(e2e|alerts)\/|^test\/simulation\/histories-at-length\.test\.ts$/;
const WALK = 'test/e2e/runbook.test.ts';
const TYPESCRIPT = /\.ts$/;
const TEST = /\.test\.ts$/;
const CONFIG = /^[^/]+\.config\.ts$/;
/** What says whether a promise of the design was kept in a simulated history. */
const JUDGE =
  /^test\/simulation\/(watch-[^/]+|watcher|seen-[^/]+|ledger-row|agreement|settle-down|due-[^/]+|known-[^/]+)\.ts$/;

/** Decides without I/O: what it says depends on what it is handed, and on nothing else. */
const isPure = ({ path }: SourceFile) =>
  !ENTRY_POINT.test(path) &&
  !FITTER.test(path) &&
  (SHARED.test(path) || RECONCILER.test(path) || API.test(path));

// Libraries that read and write nothing by themselves; the log writes where it is told to.
const WITHOUT_IO = /^(node:crypto|zod|zod-openapi|pino|prom-client|p-limit|p-retry|@opentelemetry\/api)$/;
const AWS_SDK = /^@(aws-sdk|smithy)\//;
const isPackage = (name: string) => !/^[a-z]+(\/|$).*\.ts$/.test(name);

function importRule(options: {
  readonly says: string;
  readonly of: (file: SourceFile) => boolean;
  readonly forbids: (imported: string) => boolean;
  readonly examples: readonly SourceFile[];
}): Rule {
  const { says, of, forbids, examples } = options;
  return {
    says,
    examples,
    broken: (file) => (of(file) && TYPESCRIPT.test(file.path) ? importsOf(file).filter(forbids) : []),
  };
}

function codeRule(options: {
  readonly says: string;
  readonly of: (file: SourceFile) => boolean;
  readonly forbids: RegExp;
  readonly examples: readonly SourceFile[];
}): Rule {
  const { says, of, forbids, examples } = options;
  return {
    says,
    examples,
    broken: (file) => {
      if (!of(file) || !TYPESCRIPT.test(file.path)) return [];
      return [...codeOf(file.text).matchAll(new RegExp(forbids, 'g'))].map(([found]) => found.trim());
    },
  };
}

/** Types vanish when the code runs: nothing is decided by them. */
function withoutTypeImports({ path, text }: SourceFile): SourceFile {
  return { path, text: withoutComments(text).replace(/\bimport\s+type\b[^;]*;/g, '') };
}

const example = (path: string, ...lines: readonly string[]): SourceFile => ({ path, text: lines.join('\n') });
const imports = (path: string, specifier: string) => example(path, `import { x } from '${specifier}';`);

export const ImportRules: readonly Rule[] = [
  importRule({
    says: 'src/*.ts imports its siblings and libraries without I/O',
    of: ({ path }) => SHARED.test(path),
    forbids: (imported) => (isPackage(imported) ? !WITHOUT_IO.test(imported) : !SHARED.test(imported)),
    examples: [
      imports('src/plan.ts', './aws/read-live.ts'),
      imports('src/plan.ts', '@aws-sdk/client-dynamodb'),
      imports('src/plan.ts', 'node:fs'),
      imports('src/plan.ts', 'express'),
      imports('src/plan.ts', '../api/app.ts'),
      example('src/plan.ts', "export { x } from './aws/read-live.ts';"),
      example('src/plan.ts', "export * from './aws/read-live.ts';"),
      example('src/plan.ts', 'import type {', '  X,', "} from './aws/read-live.ts';"),
      example('src/plan.ts', "const x = await import('./aws/read-live.ts');"),
      example('src/plan.ts', "import './aws/read-live.ts';"),
    ],
  }),
  importRule({
    says: 'src/aws/* imports src and the SDK, not the parts that stand on it',
    of: ({ path }) => AWS.test(path),
    forbids: (imported) => (isPackage(imported) ? imported === 'express' : !/^src\//.test(imported)),
    examples: [
      imports('src/aws/tables.ts', '../../reconciler/lead.ts'),
      imports('src/aws/tables.ts', '../../api/app.ts'),
      imports('src/aws/tables.ts', 'express'),
    ],
  }),
  importRule({
    says: 'reconciler/* imports src/*.ts and its siblings; only its entry points fit the parts together',
    of: ({ path }) => RECONCILER.test(path) && !ENTRY_POINT.test(path) && !FITTER.test(path),
    forbids: (imported) =>
      isPackage(imported)
        ? AWS_SDK.test(imported) || /^express$/.test(imported)
        : !SHARED.test(imported) && !RECONCILER.test(imported),
    examples: [
      imports('reconciler/lead.ts', '../src/aws/write-live.ts'),
      imports('reconciler/lead.ts', '@aws-sdk/client-sso-admin'),
      imports('reconciler/lead.ts', '../api/app.ts'),
      imports('reconciler/lead.ts', 'express'),
    ],
  }),
  importRule({
    says: 'api/* imports src/*.ts, its siblings and express; only its entry points fit the parts together',
    of: ({ path }) => API.test(path) && !ENTRY_POINT.test(path) && !FITTER.test(path),
    forbids: (imported) =>
      isPackage(imported) ? AWS_SDK.test(imported) : !SHARED.test(imported) && !API.test(imported),
    examples: [
      imports('api/app.ts', '../src/aws/write-live.ts'),
      imports('api/app.ts', '@aws-sdk/client-sso-admin'),
      imports('api/app.ts', '../reconciler/lead.ts'),
    ],
  }),
  importRule({
    says: 'what is shipped imports nothing of local, test, bench, cli and console',
    of: ({ path }) => SHIPPED.test(path),
    forbids: (imported) => /^(local|test|bench|cli|console)\//.test(imported),
    examples: [
      imports('api/main.ts', '../local/webhook.ts'),
      imports('reconciler/main.ts', '../test/world.ts'),
    ],
  }),
  importRule({
    says: 'the image holds cli, and nothing that cli would import of local, test, bench and console',
    of: ({ path }) => CLI.test(path),
    forbids: (imported) => /^(local|test|bench|console)\//.test(imported),
    examples: [imports('cli/run-call.ts', '../local/signed-headers.ts')],
  }),
  importRule({
    says: 'only entry points and cli import what fits a part together',
    of: ({ path }) => SOURCE.test(path) && !ENTRY_POINT.test(path) && !FITTER.test(path) && !CLI.test(path),
    forbids: (imported) => FITTER.test(imported),
    examples: [
      imports('api/app.ts', './start-api.ts'),
      imports('reconciler/lead.ts', './fit-reconciler.ts'),
      imports('local/local-stack.ts', '../api/run-api.ts'),
    ],
  }),
  importRule({
    says: 'the API does not import the reconciler: who takes over the one must not hold the other',
    of: ({ path }) => API.test(path),
    forbids: (imported) => RECONCILER.test(imported),
    examples: [imports('api/start-api.ts', '../reconciler/fit-reconciler.ts')],
  }),
  importRule({
    says: 'the reconciler does not import the API',
    of: ({ path }) => RECONCILER.test(path),
    forbids: (imported) => API.test(imported),
    examples: [imports('reconciler/run-reconciler.ts', '../api/admin-app.ts')],
  }),
  importRule({
    says: 'nothing imports an entry point',
    of: () => true,
    forbids: (imported) => ENTRY_POINT.test(imported),
    examples: [imports('local/main.ts', '../api/main.ts'), imports('test/x.test.ts', '../api/lambda.ts')],
  }),
  {
    says: 'who judges a simulated history shares nothing with what is judged but the names of its types',
    broken: (file) =>
      JUDGE.test(file.path) ? importsOf(withoutTypeImports(file)).filter((name) => SHIPPED.test(name)) : [],
    examples: [
      imports('test/simulation/watch-claims.ts', '../../src/managed-scope.ts'),
      imports('test/simulation/agreement.ts', '../../reconciler/drift-board.ts'),
      example(
        'test/simulation/ledger-row.ts',
        "import { type Entry, entryStanding } from '../../src/entry-standing.ts';",
      ),
    ],
  },
];

export const CodeRules: readonly Rule[] = [
  codeRule({
    says: 'decisions read no environment, clock, randomness or terminal: they are handed what they need',
    of: isPure,
    forbids:
      /\bprocess\s*\.\s*\w+|\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bMath\s*\.\s*random\b|\bconsole\s*\.|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\s*\.\s*now\b/,
    examples: [
      example('src/plan.ts', 'const env = process.env;'),
      example('src/plan.ts', 'const now = Date.now();'),
      example('reconciler/lead.ts', 'const now = new Date();'),
      example('api/app.ts', 'const x = Math.random();'),
      example('api/app.ts', "console.log('x');"),
      example('api/app.ts', "import { setTimeout as delay } from 'node:timers/promises';"),
      example('reconciler/lead.ts', 'const now = performance.now();'),
    ],
  }),
  codeRule({
    // A server that listens or closes is waited for by its process alone; the two others end by a clock.
    says: 'in decisions and in the loop nobody waits for a promise made by hand: what is awaited comes through a port, with its limit, or from a clock',
    of: ({ path }) =>
      (SHARED.test(path) || RECONCILER.test(path)) &&
      !['reconciler/health.ts', 'src/within.ts', 'src/nap.ts'].includes(path),
    forbids: /\bnew Promise\b|\bPromise\s*\.\s*withResolvers\b|\bonce\s*\(/,
    examples: [
      example('reconciler/lead.ts', 'await new Promise((resolve) => told.push(resolve));'),
      example('src/time-limit.ts', 'const { promise } = Promise.withResolvers();'),
      example('reconciler/lead.ts', "await once(emitter, 'done');"),
    ],
  }),
  codeRule({
    says: 'what runs without an end is begun with limited ports, and nobody else begins it',
    of: ({ path }) =>
      SOURCE.test(path) &&
      !/^reconciler\/(run-forever|start-reconciler|observe-forever|lead|leader|leadership)\.ts$/.test(path) &&
      !/^bench\//.test(path),
    forbids: /\b(?:runForever|observeForever|createLeader|takeLeadership)\s*\(/,
    examples: [
      example('reconciler/lambda.ts', 'runForever({ store });'),
      example('local/main.ts', 'createLeader({ store });'),
    ],
  }),
  codeRule({
    says: 'there are no default exports',
    of: ({ path }) => !CONFIG.test(path),
    forbids: /\bexport\s+default\b|\bas\s+default\b/,
    examples: [
      example('src/plan.ts', 'export default function plan() {}'),
      example('src/plan.ts', 'export { plan as default };'),
    ],
  }),
  codeRule({
    // In tests Biome sees to it, where a reason can be given.
    says: 'nothing is of type any',
    of: ({ path }) => SOURCE.test(path),
    forbids: /(?:[:<,|&([=]\s*|\bas\s+)any\b(?!\s*[:(\w?])/,
    examples: [
      example('src/plan.ts', 'function plan(x: any) {}'),
      example('src/plan.ts', 'const x = y as any;'),
      example('src/plan.ts', 'const x: Array<any> = [];'),
      example('local/x.ts', 'type X = Record<string, any>;'),
      example('bench/x.ts', 'type X = any;'),
    ],
  }),
  codeRule({
    says: 'a process that a test starts ends with the tests',
    of: ({ path }) => TESTING.test(path) && path !== 'test/end-with-us.ts',
    forbids: /(?<!\bendWithUs\(\s*)\b(?:spawn|fork)\(/,
    examples: [
      example('test/e2e/x.test.ts', "const child = spawn('node', []);"),
      example('test/simulation/x.ts', 'const child = fork(file);'),
    ],
  }),
  codeRule({
    says: 'a test mocks a client that it made, never a class or a module: test files share what they import',
    of: ({ path }) => TESTING.test(path),
    forbids: /\bmockClient\(\s*[A-Z]|\bvi\s*\.\s*(?:mock|doMock|stubGlobal|stubEnv|useFakeTimers)\b/,
    examples: [
      example('test/unit/x.test.ts', 'const aws = mockClient(SSOAdminClient);'),
      example('test/unit/x.test.ts', "vi.mock('../../src/plan.ts');"),
    ],
  }),
  codeRule({
    says: 'nothing that npm test runs is timed, or waits for real time: a limit of five minutes only ends what hangs',
    of: ({ path }) => TEST.test(path) && (path === WALK || !REAL_TIME.test(path)),
    forbids:
      /\bperformance\s*\.\s*now\b|\bsetTimeout\b|\bAbortSignal\s*\.\s*timeout\b|\btimeout: (?!300_000\b)|\bpoll\((?![^;]*timeout: 300_000)/,
    examples: [
      example('test/unit/x.test.ts', 'const startedMs = performance.now();'),
      example('test/e2e/runbook.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 200));'),
      example('test/unit/x.test.ts', "test('x', { timeout: 20_000 }, async () => {});"),
      example('test/unit/x.test.ts', 'await expect.poll(() => sent.length).toBe(1);'),
    ],
  }),
  {
    says: 'only src/aws/write-live.ts changes access',
    broken: ({ path, text }) =>
      SOURCE.test(path) && path !== 'src/aws/write-live.ts'
        ? [...withoutComments(text).matchAll(/\b(?:Create|Delete)AccountAssignmentCommand\b/g)].map(String)
        : [],
    examples: [
      example(
        'src/aws/read-live.ts',
        "import { DeleteAccountAssignmentCommand } from '@aws-sdk/client-sso-admin';",
      ),
      example('api/main.ts', 'await client.send(new CreateAccountAssignmentCommand(input));'),
    ],
  },
];

// The one place each where the door to AWS is made, and where it is given its end.
const BOUNDED = /^src\/aws\/bounded-(client|handler)\.ts$/;

/** What a file takes from the SDK as a value, by the names that it gives them. */
function namesOfSdk(text: string): readonly string[] {
  const imports = [
    ...withoutComments(text).matchAll(/\bimport\s*\{([^}]*)\}\s*from\s*['"]@(?:aws-sdk|smithy)\//g),
  ];
  return imports
    .flatMap(([, names = '']) => names.split(','))
    .filter((name) => !/^\s*type\s/.test(name))
    .map((name) => name.trim().replace(/^.*\sas\s+/s, ''))
    .filter((name) => name !== '');
}

function madeOfSdk({ path, text }: SourceFile): readonly string[] {
  if (!SHIPPED_OR_LOCAL.test(path) || BOUNDED.test(path)) return [];
  const made = namesOfSdk(text).filter((name) => !/(?:Command|Exception|NumberValue)$/.test(name));
  const code = codeOf(text);
  const aliased = /@(?:aws-sdk|smithy)\//.test(text)
    ? [...code.matchAll(/\bnew\s+(?:\w+\.)?\w*Client\s*\(/g)].map(String)
    : [];
  return [...made.filter((name) => new RegExp(`\\bnew\\s+${name}\\s*\\(`).test(code)), ...aliased];
}

/** Every call of `fetch` in it, with what is handed to it. */
function fetchesOf(text: string): readonly string[] {
  const code = codeOf(text);
  return [...code.matchAll(/\bfetch\s*\(/g)].map(({ index }) => {
    let depth = 0;
    let end = code.indexOf('(', index);
    do {
      depth += code[end] === '(' ? 1 : code[end] === ')' ? -1 : 0;
      end += 1;
    } while (depth > 0 && end < code.length);
    return code.slice(index, end);
  });
}

export const WaitRules: readonly Rule[] = [
  {
    says: 'every client of the SDK is made by createBoundedClient(): no call waits, and no answer grows, without an end',
    broken: madeOfSdk,
    examples: [
      example(
        'src/aws/x.ts',
        "import { SSOAdminClient } from '@aws-sdk/client-sso-admin';",
        'const client = new SSOAdminClient({ region });',
      ),
      example(
        'api/lambda.ts',
        "import { InvokeCommand, Lambda as Functions } from '@aws-sdk/client-lambda';",
        'const client = new Functions({ region });',
      ),
      example(
        'local/x.ts',
        "import * as sdk from '@aws-sdk/client-dynamodb';",
        'const client = new sdk.DynamoDBClient({});',
      ),
      example(
        'src/aws/x.ts',
        "import { NodeHttpHandler } from '@smithy/node-http-handler';",
        'const handler = new NodeHttpHandler();',
      ),
    ],
  },
  {
    says: 'every fetch() is given a signal that ends it',
    broken: ({ path, text }) =>
      SOURCE.test(path) && TYPESCRIPT.test(path)
        ? fetchesOf(text).filter((call) => !/\bsignal\b/.test(call))
        : [],
    examples: [
      example('reconciler/x.ts', "const answer = await deps.fetch(url, { method: 'POST' });"),
      example('local/x.ts', 'await Promise.all([fetch(a, { signal }), fetch(other)]);'),
    ],
  },
];

// Put together here, so that this file does not name what it looks for.
const MACHINE_PATH = new RegExp(
  `(?<![\\w.~}$-])/(?:${['home', 'root', 'Users', 'work', 'mnt'].join('|')})/[\\w.-]`,
);
const REGISTRY = `(?:${['registry', 'artifactory', 'nexus', 'verdaccio'].join('|')})`;
const REGISTRY_HOST = new RegExp(
  `https?://[\\w.-]*${REGISTRY}[\\w.-]*|\\b${REGISTRY}\\.[\\w-]+\\.(?:org|com|net|io|dev|internal|local)\\b|^\\s*(?:@\\w+:)?registry\\s*=`,
  'm',
);

export const FileRules: readonly Rule[] = [
  {
    says: 'there are no barrels, and no place without an idea',
    broken: ({ path }) =>
      /(^|\/)(index\.ts|(utils?|helpers?|common|misc)(\.ts|\/))/.test(path) ? [path] : [],
    examples: [
      example('src/index.ts', '// x'),
      example('src/utils/retry.ts', '// x'),
      example('api/helper.ts', '// x'),
    ],
  },
  {
    says: 'every source file begins with what it is for',
    broken: ({ path, text }) =>
      TYPESCRIPT.test(path) && !TEST.test(path) && !CONFIG.test(path) && !/^\/\/ \S/.test(text) ? [path] : [],
    examples: [example('src/plan.ts', 'export const x = 1;'), example('test/world.ts', '', '// too late')],
  },
  {
    says: 'no source file is longer than 300 lines',
    broken: ({ path, text }) => {
      const lines = text.split('\n').length - 1;
      return SOURCE.test(path) && lines > 300 ? [`${lines} lines`] : [];
    },
    examples: [example('src/plan.ts', ...Array.from({ length: 302 }, () => '// x'))],
  },
  {
    says: 'no file names a path of the machine that it was written on',
    broken: ({ text }) => MACHINE_PATH.exec(text)?.slice(0, 1) ?? [],
    examples: [
      example('README.md', ['Run `', 'home', 'somebody`'].join('/')),
      example('docs/x.md', ['', 'Users', 'somebody'].join('/')),
    ],
  },
  {
    says: 'no file names the host of a package registry',
    broken: ({ text }) => REGISTRY_HOST.exec(text)?.slice(0, 1) ?? [],
    examples: [
      example('package-lock.json', `"https://${['registry', 'example', 'org'].join('.')}/zod"`),
      example('.ci/run', ['nexus', 'example', 'org'].join('.')),
      example('.npmrc', ['registry', 'https://example.org/'].join('=')),
    ],
  },
  {
    says: 'the lock file names no host, so that it works behind every mirror',
    broken: ({ path, text }) =>
      path === 'package-lock.json' && text.includes('"resolved"') ? ['resolved'] : [],
    examples: [example('package-lock.json', '{ "resolved": "https://example.org/zod.tgz" }')],
  },
];
