import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SettingDefaults } from '../../src/settings.ts';
import { pairsOf, parseDockerfile, type Stage } from './dockerfile.ts';
import { DockerfileRules } from './dockerfile-rules.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const stageNamed = (name: string): Stage => {
  const found = stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
};
const ofKind = (stage: Stage, keyword: string) =>
  stage.instructions.filter((each) => each.keyword === keyword);
/** What a stage takes from the folder that is built from. */
const takenBy = (stage: Stage) =>
  ofKind(stage, 'COPY')
    .filter(({ flags }) => flags.from === undefined)
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
const last = stages.at(-1) ?? stageNamed('the last one');
const manifest = JSON.parse(read('package.json'));

test.each(DockerfileRules)('the Dockerfile keeps the rule: $says', ({ broken }) => {
  expect(broken(stages)).toEqual([]);
});

test.each(
  DockerfileRules.flatMap(({ says, broken, examples }) => examples.map((text) => ({ says, broken, text }))),
)('the rule is broken by $text: $says', ({ broken, text }) => {
  expect(broken(parseDockerfile(text))).not.toEqual([]);
});

test('the build stage takes what is compiled, and what the compiler and npm read', () => {
  const { include } = JSON.parse(read('tsconfig.build.json'));
  const manifests = ['package.json', 'package-lock.json', '.npmrc'];
  const configs = ['tsconfig.json', 'tsconfig.build.json'];
  expect(takenBy(stageNamed('build')).toSorted()).toEqual([...manifests, ...configs, ...include].toSorted());
  expect(takenBy(stageNamed('dependencies')).toSorted()).toEqual(manifests.toSorted());
});

test('.dockerignore lets in what the stages take, and nothing else', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines[0]).toBe('*');
  const taken = [...new Set(stages.flatMap(takenBy))];
  expect(lines.slice(1).toSorted()).toEqual(taken.map((path) => `!${path}`).toSorted());
  expect(taken.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
});

test('what it runs, and asks for its health, is compiled from files of cli', () => {
  const run = [...ofKind(last, 'ENTRYPOINT'), ...ofKind(last, 'HEALTHCHECK')].flatMap(
    ({ exec }) => exec ?? [],
  );
  const scripts = run.filter((word) => word.endsWith('.js'));
  expect(scripts).toEqual(['/app/dist/cli/check-health.js', '/app/dist/cli/main.js'].toReversed());
  for (const script of scripts)
    expect(read(script.replace('/app/dist/', '').replace(/\.js$/, '.ts'))).toMatch(/^\/\/ /);
});

test('Node is of one version in all stages, and one that the project supports', () => {
  const versions = stages.map(({ image }) => /node(?:js|:)(\d+)/.exec(image)?.[1]);
  expect(new Set(versions)).toEqual(new Set(['24']));
});

test('it says the version of the package, the ports of the parts, and that the heap follows the memory limit', () => {
  const labels = new Map(ofKind(last, 'LABEL').flatMap((each) => [...pairsOf(each)]));
  expect(labels.get('org.opencontainers.image.version')).toBe(manifest.version);
  expect(labels.get('org.opencontainers.image.title')).toBe(manifest.name);
  expect(ofKind(last, 'EXPOSE').map(({ text }) => text)).toEqual([
    `${SettingDefaults.API_PORT} ${SettingDefaults.ADMIN_PORT}`,
  ]);
  const env = new Map(ofKind(last, 'ENV').flatMap((each) => [...pairsOf(each)]));
  expect(env.get('NODE_OPTIONS')).toMatch(/^--max-old-space-size-percentage=\d\d$/);
});

test('production dependencies are the same on every platform and run nothing when installed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(shipped.length).toBeGreaterThan(50);
  const bound = shipped.filter(([, each]) => each.os ?? each.cpu ?? each.libc ?? each.hasInstallScript);
  expect(bound.map(([path]) => path)).toEqual([]);
});

type Package = {
  readonly dev?: boolean;
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly libc?: unknown;
  readonly hasInstallScript?: boolean;
};
