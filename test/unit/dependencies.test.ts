import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Packed = {
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
};
const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>;
const packages: readonly (readonly [string, Packed])[] = Object.entries(
  read('package-lock.json').packages as Record<string, Packed>,
).filter(([path]) => path !== '');

test('every dependency is pinned to one version', () => {
  const wanted = Object.entries({ ...dependencies, ...devDependencies });
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the lock file holds the hash of every package', () => {
  expect(packages.length).toBeGreaterThan(100);
  const without = packages.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
  expect(without.map(([path]) => path)).toEqual([]);
});

test('nothing that is needed at run time runs a script when it is installed', () => {
  const scripted = packages.filter(
    ([, { dev, hasInstallScript }]) => dev !== true && hasInstallScript === true,
  );
  expect(scripted.map(([path]) => path)).toEqual([]);
});
