// Tables as the previous system left them: rows without any attribute of ours, with live access behind some of them.

import type { Row } from '../../src/store.ts';
import { DEV, STAGING } from '../world.ts';
import { type Memory, PEOPLE, SETS } from './perform-act.ts';
import type { Simulation } from './simulated-world.ts';

const STATUSES = ['GRANTED', 'GRANTED', 'APPROVED', 'PENDING', 'ERROR', 'REVOKED', 'EXPIRED'] as const;
const ROWS = 7;

export function loadTakenOver({ world, random }: Simulation, memory: Memory): void {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const at = (offsetMs: number) => `${new Date(world.clock.nowMs() + offsetMs).toISOString().slice(0, 19)}Z`;
  for (let n = 0; n < ROWS; n += 1) {
    const person = pick(PEOPLE);
    const status = pick(STATUSES);
    const account = pick([DEV, STAGING]);
    const minutesAhead = pick([-2, 1, 3, 30]);
    const row: Row = {
      request_id: `old-${n}`,
      account_id: account,
      channel_id: 'demo',
      requester_mm_user_id: 'mm-old',
      requester_email: person.email,
      jira: '',
      reason: 'old',
      requested_duration_minutes: 60,
      status,
      created_at: at((minutesAhead - 60) * 60_000),
      end_time: at(minutesAhead * 60_000),
      identity_store_user_id: person.id,
      ...(random() < 0.5 ? { approved_at: at(-60_000) } : {}),
    };
    world.store.load('requests', [row]);
    memory.takenOver.add(String(row.request_id));
    memory.requestIds.push(String(row.request_id));
    if (random() < 0.5)
      world.store.load('audit', [
        { request_id: `old-${n}`, event_time_event_id: `${at(-60_000)}#x`, event_type: 'APPROVED' },
      ]);
    if (status !== 'PENDING' && status !== 'APPROVED' && random() < 0.8)
      world.model.change(
        {
          kind: 'assign',
          assignment: {
            accountId: account,
            permissionSetArn: SETS[0],
            principalType: 'USER',
            principalId: person.id,
          },
        },
        world.clock.nowMs(),
      );
  }
}
