// Walks every file of the project and fails on a broken rule of its architecture; and breaks each rule on purpose.

import { expect, test } from 'vitest';
import { CodeRules, FileRules, ImportRules, WaitRules } from './architecture-rules.ts';
import { codeOf, importsOf, projectFiles } from './source-file.ts';

const files = projectFiles();
const rules = [...ImportRules, ...CodeRules, ...WaitRules, ...FileRules];

test.each(rules)('the project keeps the rule: $says', ({ broken }) => {
  const found = files.flatMap((file) => broken(file).map((what) => `${file.path}: ${what}`));
  expect(found).toEqual([]);
});

test.each(
  rules.flatMap(({ says, broken, examples }) => examples.map((file) => ({ says, broken, file, ...file }))),
)('the rule is broken by $path with $text: $says', ({ broken, file }) => {
  expect(broken(file)).not.toEqual([]);
});

test('projectFiles() finds the sources, the tests and the scripts', () => {
  const paths = files.map(({ path }) => path);
  const known = [
    'src/plan.ts',
    'src/aws/write-live.ts',
    'api/main.ts',
    'local/identity-center/model.ts',
    '.ci/run',
  ];
  expect(paths).toEqual(expect.arrayContaining([...known, 'package-lock.json', 'test/architecture.test.ts']));
  expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
});

test('importsOf() finds every form of import, and none in a comment', () => {
  const text = [
    "// import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import { type C, c } from '../c.ts';",
    "import './d.ts';",
    'export {',
    '  e,',
    "} from './e.ts';",
    "const f = await import('node:fs');",
    "/* export * from './g.ts'; */",
    "export const h = 'import';",
  ].join('\n');
  expect(importsOf({ path: 'src/x.ts', text }).toSorted()).toEqual([
    'c.ts',
    'node:fs',
    'src/b.ts',
    'src/d.ts',
    'src/e.ts',
  ]);
});

test('codeOf() leaves out comments and strings, and not what only looks like them', () => {
  expect(codeOf("const url = 'http://x'; // Date.now()\nDate.now(); /* any */")).toBe(
    "const url = '';  \nDate.now();  ",
  );
});
