// What lasts in the simulated world until it ends by itself or everything is over: refused rights, lists that show
// nothing, clocks that are off, other tools.

import type { AssignmentChange } from '../../local/identity-center/world.ts';
import { createDenials } from './denials.ts';
import { keyOfWrite } from './key-of-write.ts';
import type { Written } from './watcher.ts';

/** Another tool that wants an assignment to be there, or not. */
export type Tool = {
  readonly assignmentId: string;
  readonly wants: 'present' | 'absent';
  readonly delayMs: number;
};

/** Lists of this account and this permission set show nothing; of any where it is not said. */
export type Blindness = { readonly accountId?: string; readonly permissionSetArn?: string };

export type Troubles = ReturnType<typeof createTroubles>;

export function createTroubles() {
  const denials = createDenials();
  const jumpsMs = new Map<string, number>();
  const tools = new Set<Tool>();
  /** Rows that a hand typed, and that no process has written since. */
  const typed = new Set<string>();
  return {
    denials,
    tools,
    /** By how much the clock of a machine has jumped. */
    jumpMs: (machine: string) => jumpsMs.get(machine) ?? 0,
    jump: (machine: string, byMs: number) => void jumpsMs.set(machine, byMs),
    blindness: undefined as Blindness | undefined,
    typed: (written: Pick<Written, 'writes'>) => {
      for (const write of written.writes) typed.add(markOf(write));
    },
    written: ({ writes }: Written) => {
      for (const write of writes) if (write.kind !== 'check') typed.delete(markOf(write));
    },
    /** Whether hands typed the row since a process has last written it: what that process read may be older. */
    wasTyped: (table: string, key: string) => typed.has(`${table} ${key}`),
    isBlind(id: string): boolean {
      const { blindness } = this;
      if (blindness === undefined) return false;
      const { accountId, permissionSetArn } = blindness;
      const [account, set] = id.split('#');
      return [
        accountId === undefined || accountId === account,
        permissionSetArn === undefined || permissionSetArn === set,
      ].every(Boolean);
    },
    /** Whether a tool brings it back. */
    isFoughtOver: (id: string) =>
      [...tools].some(({ assignmentId, wants }) => assignmentId === id && wants === 'present'),
    /** Something goes on that ends only with the history. */
    end() {
      denials.allowEverything();
      jumpsMs.clear();
      tools.clear();
    },
  };
}

function markOf(write: Written['writes'][number]): string {
  return `${write.table} ${Object.values(keyOfWrite(write)).join(' ')}`;
}

/** What the tools do when an assignment appears or disappears: each looks after its own delay. */
export function toolsThatMind(tools: ReadonlySet<Tool>, { assignment, present }: AssignmentChange) {
  if (assignment.principalType !== 'USER') return [];
  const id = `${assignment.accountId}#${assignment.permissionSetArn}#${assignment.principalId}`;
  return [...tools].filter(
    ({ assignmentId, wants }) => assignmentId === id && (wants === 'present') !== present,
  );
}
