// Weaknesses of what is learned from one list, and of who goes first.

import type { Mutant } from './mutant.ts';

const words = 'src/aws/operation-words.ts';
const follower = 'src/aws/operation-follower.ts';
const queue = 'src/aws/call-queue.ts';
const rate = 'src/aws/call-rate.ts';

export const FollowMutants: readonly Mutant[] = [
  {
    name: 'running-is-a-success',
    file: words,
    find: "if (status === 'IN_PROGRESS') return 'running';",
    replace: "if (status === 'IN_PROGRESS') return 'succeeded';",
    breaks: 'T1: an operation that runs has its verdict',
  },
  {
    name: 'a-listed-failure-is-a-success',
    file: words,
    find: "if (status === 'FAILED') return 'ended';",
    replace: "if (status === 'FAILED') return 'succeeded';",
    breaks: 'T1, L1: a Create that failed is waited for in the lists',
  },
  {
    name: 'absence-from-any-page-is-an-end',
    file: words,
    find: 'return filtered && isWhole && wasListed && !known.isDoubted',
    replace: 'return wasListed && !known.isDoubted',
    breaks: 'what an unfiltered page leaves out is asked after with every list',
  },
  {
    name: 'absence-is-believed-again-and-again',
    file: follower,
    find: "each.isDoubted ||= each.word === 'ended';",
    replace: '',
    breaks: 'a list that forgets an operation makes us ask after it at the pace of the lists',
  },
  {
    name: 'an-end-wakes-nobody',
    file: follower,
    find: 'if (isNews) onEnded(each.key);',
    replace: '',
    breaks: 'what ended is found only when it is due',
  },
  {
    name: 'what-ran-once-runs-for-ever',
    file: follower,
    find: "<= WORD_PAUSES * pauseMs(following) ? 'running' : undefined;",
    replace: ">= 0 ? 'running' : undefined;",
    breaks: 'L1: where the lists fail nobody asks any more',
  },
  {
    name: 'followed-for-ever',
    file: follower,
    find: 'if (clock.elapsedMs() - sinceMs > HOLD_MS_MAX) followed.delete(key);',
    replace: 'if (sinceMs < 0) followed.delete(key);',
    breaks: 'an operation that hangs costs calls for as long as the process lives',
  },
  {
    name: 'proofs-take-the-last-call',
    file: queue,
    find: 'patientReads || isAhead(read) ||',
    replace: 'true || isAhead(read) ||',
    breaks: 'a Delete that gets a place waits for a call',
  },
  {
    name: 'an-expiry-takes-the-turn-of-a-person',
    file: queue,
    find: "line.count('person') > 0 ? 'priority' :",
    replace: "line.size === 0 ? 'priority' :",
    breaks: "a person's ending waits for an expiry in the same account",
  },
  {
    name: 'one-refusal-halves-the-rate',
    file: rate,
    find: 'share <= RARE_SHARE ?',
    replace: 'share <= 0 ?',
    breaks: 'a call refused now and then slows everything down',
  },
];
