// The call budget as one question holds it: all its calls are about the same thing, so that whoever waits for the question
// can see that it waits for its turn.

import type { CallBudget } from './call-budget.ts';

export function readingAbout(budget: Pick<CallBudget, 'read'>, about: string): Pick<CallBudget, 'read'> {
  return { read: (asked, call) => budget.read({ ...asked, about }, call) };
}
