import { expect, test } from 'vitest';
import { parseJavaVersion } from '../../local/java-version.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "22-ea" 2024-03-19', 22],
  ['Picked up JAVA_TOOL_OPTIONS: -Dversion=3\nopenjdk version "11.0.2" 2019-01-15', 11],
  ['Error: could not find libjava.so', undefined],
  ['', undefined],
])('parseJavaVersion() reads %j as %s', (output, version) => {
  expect(parseJavaVersion(output)).toBe(version);
});
