// The log of a process whose disk is full for a while.

import { expect, it } from 'vitest';
import { logOutput, type TextStream } from '../../src/aws/log-output.ts';

function stage() {
  const disk = { full: false };
  const written: string[] = [];
  const said: string[] = [];
  const stdout: TextStream = {
    write(text, done) {
      if (!disk.full) written.push(text);
      done?.(disk.full ? new Error('ENOSPC') : null);
    },
    on: () => undefined,
  };
  const stderr: TextStream = { write: (text) => said.push(text), on: () => undefined };
  return { disk, written, said, output: logOutput({ stdout, stderr }) };
}

it('logOutput() goes on while lines are lost, says so once, and says how many when it is over', () => {
  const { disk, written, said, output } = stage();
  output.write('one');
  disk.full = true;
  output.write('two');
  output.write('three');
  expect(said).toEqual(['the log cannot be written, lines are lost: ENOSPC\n']);
  disk.full = false;
  output.write('four');
  output.write('five');
  expect(written).toEqual(['one', 'four', 'five']);
  expect(said.slice(1)).toEqual(['the log is written again, 2 lines were lost\n']);
});
