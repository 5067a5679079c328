// Whether the ports that local mode needs are free, told before anything is started.

import { createServer } from 'node:net';

/** A sentence for each port that is taken, beginning with the variable that moves it. 0 means any free port. */
export async function describePortProblems(ports: Readonly<Record<string, number>>): Promise<string[]> {
  const named = Object.entries(ports).filter(([, port]) => port !== 0);
  const problems = await Promise.all(named.map(([variable, port]) => describePort(variable, port)));
  return problems.flat();
}

async function describePort(variable: string, port: number): Promise<string[]> {
  // On all interfaces, as DynamoDB Local listens: a port taken there is no use to the others either.
  const code = await tryToListen(port);
  if (code === undefined) return [];
  if (code === 'EADDRINUSE')
    return [`${variable} is ${port}, which something else is using: end that, or set another port`];
  return [`${variable} is ${port}, which cannot be listened on (${code}): set another port`];
}

/** The error's code; undefined where it went well. */
function tryToListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen(port, () => server.close(() => resolve(undefined)));
  });
}
