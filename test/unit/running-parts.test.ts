import { expect, test } from 'vitest';
import { createRunningParts } from '../../local/running-parts.ts';

function partsThatTell() {
  const ended: string[] = [];
  const problems: string[] = [];
  const parts = createRunningParts((message, { part }) => problems.push(`${part}: ${message}`));
  const add = (name: string, stop?: () => Promise<void>) =>
    parts.add({
      name,
      withinMs: 20,
      stop: async () => {
        await stop?.();
        ended.push(name);
      },
    });
  return { parts, add, ended, problems };
}

test('createRunningParts() ends the last first, and each once', async () => {
  const { parts, add, ended, problems } = partsThatTell();
  for (const name of ['tables', 'loop', 'api']) add(name);
  await Promise.all([parts.stopAll(), parts.stopAll()]);
  await parts.stopAll();
  expect({ ended, problems }).toEqual({ ended: ['api', 'loop', 'tables'], problems: [] });
});

test('createRunningParts() ends the others where one fails or hangs, and says so', async () => {
  const { parts, add, ended, problems } = partsThatTell();
  add('tables');
  add('loop', () => new Promise(() => {}));
  add('api', () => Promise.reject(new Error('no')));
  await parts.stopAll();
  expect(ended).toEqual(['tables']);
  expect(problems).toEqual(['api: a part did not end well', 'loop: a part did not end in time']);
});
