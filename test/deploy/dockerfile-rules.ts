// What a Dockerfile of this project must keep to, each with made-up ones that break it: a rule that cannot fail is no rule.

import { type Instruction, pairsOf, type Stage } from './dockerfile.ts';

export type DockerfileRule = {
  readonly says: string;
  /** What of the stages breaks it. */
  readonly broken: (stages: readonly Stage[]) => readonly string[];
  /** Dockerfiles that break it. */
  readonly examples: readonly string[];
};

const ofKind = (stage: Stage | undefined, keyword: string) =>
  stage?.instructions.filter((each) => each.keyword === keyword) ?? [];
const allOf = (stages: readonly Stage[], keyword: string) =>
  stages.flatMap((stage) => ofKind(stage, keyword));
const textsOf = (instructions: readonly Instruction[]) => instructions.map(({ text }) => text);

/** Exactly one of these in the last stage, and as it is to be. */
function single(keyword: string, isGood: (instruction: Instruction) => boolean): DockerfileRule['broken'] {
  return (stages) => {
    const found = ofKind(stages.at(-1), keyword);
    if (found.length !== 1) return [`${found.length} of ${keyword}`];
    return found.every(isGood) ? [] : textsOf(found);
  };
}

const SECRET = /secret|password|token|credential|_keys?$|access_key/i;
const LAST = 'FROM gcr.io/distroless/nodejs24-debian12:nonroot\n';

export const DockerfileRules: readonly DockerfileRule[] = [
  {
    says: 'every base image has a tag, and not one that moves over major versions',
    broken: (stages) =>
      stages.map(({ image }) => image).filter((image) => !/^[\w./-]+:(?!latest$)[\w.-]+$/.test(image)),
    examples: ['FROM node', 'FROM node:latest', 'ARG IMAGE=node\nFROM $IMAGE', 'FROM $IMAGE'],
  },
  {
    says: 'it runs as a user that is not root, given by number',
    broken: single('USER', ({ text }) => /^[1-9]\d*:[1-9]\d*$/.test(text)),
    examples: [
      LAST,
      `${LAST}USER nonroot`,
      `${LAST}USER 0:0`,
      `${LAST}USER 65532`,
      `${LAST}USER 1:1\nUSER 0:0`,
    ],
  },
  {
    says: 'what it runs needs no shell',
    broken: single('ENTRYPOINT', ({ exec }) => exec !== undefined && exec[0]?.startsWith('/') === true),
    examples: [LAST, `${LAST}ENTRYPOINT node main.js`, `${LAST}ENTRYPOINT ["node", "main.js"]`],
  },
  {
    says: 'its health is asked without a shell',
    broken: single('HEALTHCHECK', ({ exec }) => exec !== undefined && exec[0]?.startsWith('/') === true),
    examples: [LAST, `${LAST}HEALTHCHECK NONE`, `${LAST}HEALTHCHECK CMD curl localhost || exit 1`],
  },
  {
    says: 'nothing is run in the last stage: it has nothing to run it with',
    broken: (stages) =>
      [...ofKind(stages.at(-1), 'RUN'), ...ofKind(stages.at(-1), 'SHELL')].map(({ text }) => text),
    examples: [`${LAST}RUN npm ci`, `${LAST}SHELL ["/bin/sh"]`],
  },
  {
    says: 'the last stage holds the manifest, the production dependencies and what was built, and nothing else',
    broken: (stages) => {
      const copied = ofKind(stages.at(-1), 'COPY').map(
        ({ flags, text }) => `${flags.from ?? 'context'}: ${text}`,
      );
      const expected = [
        'context: package.json ./',
        'dependencies: /app/node_modules node_modules',
        'build: /app/dist dist',
      ];
      return [
        ...copied.filter((each) => !expected.includes(each)),
        ...expected.filter((each) => !copied.includes(each)),
      ];
    },
    examples: [LAST, `${LAST}COPY . .`, `${LAST}COPY --from=build /app .`],
  },
  {
    says: 'no stage copies everything, or fetches from elsewhere',
    broken: (stages) => [
      ...textsOf(allOf(stages, 'ADD')),
      ...textsOf(allOf(stages, 'COPY')).filter((text) => /(^|\s)\.\/?\s/.test(text)),
    ],
    examples: [
      `${LAST}ADD https://example.org/x .`,
      'FROM node:24 AS build\nCOPY . .',
      'FROM node:24\nCOPY ./ /app',
    ],
  },
  {
    says: 'packages are installed from the lock file, without scripts of theirs',
    broken: (stages) =>
      textsOf(allOf(stages, 'RUN'))
        .flatMap((text) => text.split(/&&|\|\||;/))
        .map((command) => command.trim())
        .filter((command) => /^(npm|npx|yarn|pnpm)\b/.test(command))
        .filter((command) => !/^npm (run build|ci( --omit=dev)? --ignore-scripts)$/.test(command)),
    examples: [
      'FROM node:24\nRUN npm install',
      'FROM node:24\nRUN npm ci',
      'FROM node:24\nRUN npm ci --ignore-scripts && npm i x',
    ],
  },
  {
    says: 'no variable holds a secret: it would be in the image for everybody to read',
    broken: (stages) =>
      [...allOf(stages, 'ENV'), ...allOf(stages, 'ARG')].flatMap((each) =>
        [...pairsOf(each).keys(), each.text.split('=')[0] ?? ''].filter((name) => SECRET.test(name)),
      ),
    examples: [`${LAST}ENV SIGNING_KEYS=x`, `${LAST}ARG NPM_TOKEN`, `${LAST}ENV A=1 OPS_SECRET=2`],
  },
  {
    says: 'the image says what it is, in the words of the OCI',
    broken: (stages) => {
      const labels = new Map(ofKind(stages.at(-1), 'LABEL').flatMap((each) => [...pairsOf(each)]));
      return ['title', 'description', 'version', 'revision', 'created', 'base.name'].filter(
        (name) => !labels.get(`org.opencontainers.image.${name}`),
      );
    },
    examples: [LAST, `${LAST}LABEL org.opencontainers.image.title="x"`],
  },
  {
    says: 'what does not depend on the platform is made on the one that builds',
    broken: (stages) =>
      stages
        .slice(0, -1)
        .filter(({ platform }) => platform !== '$BUILDPLATFORM')
        .map(({ name }) => name),
    examples: [`FROM node:24 AS build\n${LAST}`, `FROM --platform=linux/amd64 node:24 AS build\n${LAST}`],
  },
  {
    says: 'the last stage is of the platform that is asked for',
    broken: (stages) => stages.slice(-1).flatMap(({ platform }) => platform ?? []),
    examples: ['FROM --platform=linux/amd64 node:24'],
  },
];
