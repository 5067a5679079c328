// Knows whether anything that changes access is on its way: from before its claim is written until its answer is recorded.

import type { OperationSlots } from './identity-center.ts';

export function countChanges(slots: OperationSlots): {
  readonly slots: OperationSlots;
  isChanging(): boolean;
} {
  let underWay = 0;
  return {
    slots: {
      ...slots,
      operate: (operation, attempt) =>
        slots.operate(operation, async () => {
          underWay += 1;
          try {
            return await attempt();
          } finally {
            underWay -= 1;
          }
        }),
    },
    isChanging: () => underWay > 0,
  };
}
