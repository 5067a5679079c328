// Prints what a month costs, as docs/operations.md shows it. Usage: npx tsx bench/cost/main.ts

import { costTables } from './cost-tables.ts';
import { readMeasured } from './read-measured.ts';

process.stdout.write(`${costTables(readMeasured()).join('\n\n')}\n`);
