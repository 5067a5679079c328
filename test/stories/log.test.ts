// What the log says of one request, from its approval to its end, by ids that lead from line to line.

import { expect, it } from 'vitest';
import { ANA, MINUTE, SECOND, startedWorld, type WorldOptions } from '../world.ts';

type Line = {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

async function loggedWorld(options: WorldOptions = {}) {
  const lines: Line[] = [];
  const onLog = (level: string, message: string, fields: unknown) =>
    void lines.push({ level, message, fields: Object(fields) });
  return { lines, world: await startedWorld({ ...options, onLog }) };
}

function names(line: Line, requestId: string): boolean {
  const { request_ids, request_id } = line.fields;
  return request_id === requestId || (Array.isArray(request_ids) && request_ids.includes(requestId));
}

it('a request can be followed from its approval to its end by its id, and every line names its pass', async () => {
  const { lines, world } = await loggedWorld();
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(10 * SECOND);
  const told = lines.filter((line) => names(line, id));
  expect(told.map(({ message, fields }) => [message, fields.rule ?? fields.status])).toEqual([
    ['an assignment was changed', 'rest-wanted'],
    ['an assignment was changed', 'creating-succeeded'],
    ['an assignment was changed', 'created-live'],
    ['a notification was accepted', 'GRANTED'],
    ['an assignment was changed', 'rest-ended'],
    ['an assignment was changed', 'deleting-done'],
    ['an assignment was changed', 'deleted-gone'],
    ['a notification was accepted', 'REVOKED'],
  ]);
  for (const { fields } of told) expect(fields.pass_id).toMatch(/^\d+\.\d+$/);
  expect(told.filter(({ fields }) => fields.call !== undefined).map(({ fields }) => fields.call)).toEqual([
    'CREATE',
    'DELETE',
  ]);
  await world.stop();
});

it('what was begun in one pass keeps its id while others pass', async () => {
  const { lines, world } = await loggedWorld({ settings: { operationMs: 20_000 } });
  const id = await world.ask(ANA);
  await world.approve(id);
  await world.advance(8 * SECOND);
  const [claim] = lines.filter((line) => names(line, id));
  await world.advance(MINUTE);
  expect(world.row(id).status).toBe('GRANTED');
  const passes = lines.filter((line) => names(line, id) && line.fields.rule !== undefined);
  expect(passes.length).toBeGreaterThan(1);
  expect(claim?.fields.pass_id).toBeDefined();
  await world.stop();
});

it('a forced pass is found by the id that it was answered with', async () => {
  const { lines, world } = await loggedWorld();
  const id = await world.ask(ANA);
  world.model.addFault({
    operation: 'CreateAccountAssignment',
    fault: { kind: 'error', name: 'ConflictException' },
    times: 6,
  });
  await world.approve(id);
  await world.advance(40 * SECOND);
  const body = {
    actor_email: 'cleo@example.com',
    reason: 'try again',
    scope: { request_id: id },
    wait_seconds: 20,
  };
  const forced = await world.call('POST', '/reconcile', body);
  await world.advance(30 * SECOND);
  expect(world.row(id).status).toBe('GRANTED');
  const own = lines.filter(({ fields }) => fields.pass_id === forced.body.pass_id);
  expect(own.map(({ message }) => message)).toContain('a forced pass was carried out');
  await world.stop();
});

it('what a person wrote is for the tables: the log has the rule', async () => {
  const { lines, world } = await loggedWorld();
  const id = await world.granted(ANA);
  const order = {
    email: ANA.email,
    actor_email: 'sec@example.com',
    reason: 'she told us of her divorce',
    freeze: true,
  };
  await world.call('POST', '/users/revoke', order);
  await world.advance(MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  expect(lines.filter((line) => names(line, id)).map(({ fields }) => fields.rule)).toContain('rest-ended');
  expect(JSON.stringify(lines)).not.toMatch(/divorce|@example\.com/);
  await world.stop();
});

it('a loop at rest says nothing', async () => {
  const { lines, world } = await loggedWorld();
  await world.granted(ANA);
  await world.advance(MINUTE);
  const before = lines.length;
  await world.advance(20 * MINUTE);
  expect(lines.slice(before)).toEqual([]);
  await world.stop();
});
