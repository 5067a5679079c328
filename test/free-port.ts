// A port for a server that is started by somebody else, in tests. Between the look and that server's start nobody else
// may take it: the system hands out ports from 32768 on, to listeners on port 0 and to every connection, so these lie
// below; and each process that runs tests has a row of its own.

import { createServer } from 'node:net';

const FIRST = 12_000;
const IN_A_ROW = 100;
const ROWS = 200;

const row = FIRST + (process.pid % ROWS) * IN_A_ROW;
let taken = 0;

/** A port that was free on all interfaces just now, and that no other call is told before a hundred others were. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < IN_A_ROW; tries += 1) {
    const port = row + (taken % IN_A_ROW);
    taken += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`none of the ports ${row} to ${row + IN_A_ROW - 1} is free`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
