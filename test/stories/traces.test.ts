// The spans of one request's life, as an operator's SDK would take them; and none where nobody asks for them.

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { inSpan } from '../../src/trace.ts';
import { ANA, MINUTE, SECOND, startedWorld } from '../world.ts';

afterEach(() => {
  trace.disable();
  context.disable();
});

function traced(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return exporter;
}

async function lifeOfRequest(): Promise<string> {
  const world = await startedWorld();
  const id = await world.granted(ANA);
  await world.revoke(id);
  await world.advance(MINUTE);
  expect(world.row(id)).toMatchObject({ status: 'REVOKED', assignment_status: 'GONE' });
  await world.stop();
  return id;
}

it('a request takes spans of ticks, of its assignment and of its notifications, each within its own', async () => {
  const exporter = traced();
  const id = await lifeOfRequest();
  const spans = exporter.getFinishedSpans();
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const parentOf = (span: ReadableSpan) => byId.get(span.parentSpanContext?.spanId ?? '')?.name;
  const converged = spans.filter(
    ({ name, attributes }) => name === 'converge' && String(attributes['jit.assignment_id']).includes(ANA.id),
  );
  expect(new Set(converged.map(parentOf))).toEqual(new Set(['tick']));
  const told = spans.filter(({ attributes }) => attributes['jit.request_id'] === id);
  expect(told.map((span) => [span.name, parentOf(span)])).toEqual([
    ['notify', 'deliver'],
    ['notify', 'deliver'],
  ]);
  for (const span of converged) expect(span.attributes['jit.pass_id']).toMatch(/^\d+\.\d+$/);
});

it('no span says who anybody is, or why', async () => {
  const exporter = traced();
  await lifeOfRequest();
  const said = JSON.stringify(
    exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status })),
  );
  expect(said.length).toBeGreaterThan(1_000);
  expect(said).not.toContain('@');
  expect(said).not.toContain('an incident');
});

it('work that fails ends its span as failed, by the name of what was thrown', async () => {
  const exporter = traced();
  const failing = inSpan('work', {}, () => Promise.reject(new TypeError('ana@example.com')));
  await expect(failing).rejects.toThrow('ana@example.com');
  expect(exporter.getFinishedSpans()).toMatchObject([{ name: 'work', status: { message: 'TypeError' } }]);
});

it('where nobody asks for spans the work is called and answered as if there were none', () => {
  const answer = Promise.resolve(SECOND);
  expect(inSpan('work', {}, () => answer)).toBe(answer);
});
