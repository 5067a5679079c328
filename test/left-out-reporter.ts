// The last lines of a run of the tests: what was left out, with the command that brings it, and the counts.

import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { describeCounts, describeLeftOut, type RanTest } from './left-out.ts';

export function createLeftOutReporter(): Reporter {
  let isFiltered = false;
  return {
    onInit: ({ config }) => {
      isFiltered = config.testNamePattern !== undefined;
    },
    onTestRunEnd: (modules, unhandled) => {
      const tests = modules.flatMap(ranIn);
      const broken = unhandled.map(({ message }): RanTest => ({ name: message, state: 'failed', tags: [] }));
      // Whoever names the tests to run leaves all others out on purpose.
      const lines = isFiltered ? [] : describeLeftOut(tests);
      if (lines.length > 0)
        process.stdout.write(`\n*** LEFT OUT ***\n${lines.map((line) => `  ${line}\n`).join('')}`);
      process.stdout.write(`\n${describeCounts([...tests, ...broken])}\n`);
    },
  };
}

/** The tests of a file; the file itself where it failed before there were any. */
function ranIn(module: TestModule): readonly RanTest[] {
  const tests = [...module.children.allTests()];
  if (tests.length > 0 || module.ok()) return tests.map(ran);
  return [{ name: module.moduleId, state: 'failed', tags: [] }];
}

/** A test that was skipped because what stands around it broke was not left out: it failed. */
function ran(test: TestCase): RanTest {
  const result = test.result();
  const state = result.state === 'skipped' && isBroken(test.parent) ? 'failed' : result.state;
  const note = result.state === 'skipped' ? result.note : undefined;
  return { name: test.fullName, state, tags: test.tags, note };
}

function isBroken(around: TestSuite | TestModule): boolean {
  return around.errors().length > 0 || (around.type === 'suite' && isBroken(around.parent));
}
