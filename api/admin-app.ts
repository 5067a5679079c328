// Health and metrics, on a port of their own that is not for the internet. Unsigned, so it says yes, no and numbers,
// and nothing about people.

import express, { type Express, type Response } from 'express';
import type { Registry } from 'prom-client';

/** `isReady` tells whether this process can do its job; a throw means no. */
export function createAdminApp(deps: {
  readonly isReady: () => boolean | Promise<boolean>;
  /** False when only a restart would help. The API alone is never in that state. */
  readonly isHealthy?: () => boolean;
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>;
}): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => answer(response, deps.isHealthy?.() ?? true));
  app.get('/readyz', async (_request, response) => answer(response, await isReady(deps.isReady)));
  app.get('/metrics', async (_request, response) => {
    const text = await deps.registry.metrics();
    response.setHeader('Content-Type', deps.registry.contentType);
    response.end(text);
  });
  app.use((_request, response) => {
    response.status(404).json({ message: 'There is nothing at this path.', code: 'not_found' });
  });
  return app;
}

function answer(response: Response, yes: boolean): void {
  response.status(yes ? 200 : 503).json({ status: yes ? 'ok' : 'unavailable' });
}

async function isReady(ask: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch {
    return false;
  }
}
