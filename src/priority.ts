// In which order the calls to Identity Center are made when there are more than AWS allows. Following an operation and
// proving its outcome inherit the priority of what they follow.

/** Endings by people, expiries, grants, orphans, sweeping: the first goes first. */
export const Priorities = ['person', 'expiry', 'grant', 'orphan', 'sweep'] as const;
export type Priority = (typeof Priorities)[number];
