// Lets those who ask the same thing share one answer, as long as the question has not been put to AWS yet: an answer
// that began before it was asked for may be older than what the asker knows, and is never handed out.

import { Priorities, type Priority } from '../priority.ts';
import type { CallBudget } from './call-budget.ts';

/** A question on its way: its priority may become earlier while it waits. */
export type Question = {
  readonly key: string;
  readonly priority: Priority;
  /** To be called when the first call to AWS is made; who asks after that asks anew. */
  begin(): void;
};

export class SharedQuestions<Answer> {
  readonly #budget: Pick<CallBudget, 'raise'>;
  readonly #waiting = new Map<string, { question: { priority: Priority }; answer: Promise<Answer> }>();

  constructor(budget: Pick<CallBudget, 'raise'>) {
    this.#budget = budget;
  }

  /** `key` is also what the first call waits under in the budget. */
  ask(key: string, priority: Priority, put: (question: Question) => Promise<Answer>): Promise<Answer> {
    const shared = this.#waiting.get(key);
    if (shared === undefined) return this.#put(key, priority, put);
    if (Priorities.indexOf(priority) < Priorities.indexOf(shared.question.priority)) {
      shared.question.priority = priority;
      this.#budget.raise(key, priority);
    }
    return shared.answer;
  }

  #put(key: string, priority: Priority, put: (question: Question) => Promise<Answer>): Promise<Answer> {
    const forget = () => {
      if (this.#waiting.get(key)?.question === question) this.#waiting.delete(key);
    };
    const question = { key, priority, begin: forget };
    // Put a moment later, so that the question is known before anything can begin it.
    const answer = Promise.resolve()
      .then(() => put(question))
      .finally(forget);
    this.#waiting.set(key, { question, answer });
    return answer;
  }
}
