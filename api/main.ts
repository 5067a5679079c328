// The API as a process of its own.

import { runApi } from './run-api.ts';

await runApi(process.env);
