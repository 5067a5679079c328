// The reconciler as a process of its own.

import { runReconciler } from './run-reconciler.ts';

await runReconciler(process.env);
