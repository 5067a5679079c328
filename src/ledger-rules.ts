// The ledger's state machine as one table. The first row of a stage whose event has happened is the one that counts.

import type { Rule } from './ledger-rule.ts';
import { CreatingRules } from './ledger-rules-creating.ts';
import { DeletingRules } from './ledger-rules-deleting.ts';
import { RestRules } from './ledger-rules-rest.ts';

export const LedgerRules: readonly Rule[] = [...RestRules, ...CreatingRules, ...DeletingRules];
