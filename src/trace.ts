// Spans through OpenTelemetry's API, which is all that is here: without an SDK that the operator registers nothing is recorded,
// and the work is called as if there were no span.

import {
  type Attributes,
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const NAME = 'jit-access-controller';

/**
 * Does `work` within a span, a child of the one that is active. Attributes are bounded and say nothing of people: ids,
 * operations, outcomes; never an address, a reason, a key.
 */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const span = trace.getTracer(NAME).startSpan(name, { attributes });
  // Not even a promise more: what runs side by side must run in the same order, traced or not.
  if (!isSpanContextValid(span.spanContext())) return work();
  return context.with(trace.setSpan(context.active(), span), () => ended(span, work));
}

/** What is known of the active span only now. */
export function nameSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

async function ended<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Its name alone: messages may quote what nobody should read in a trace.
    const message = error instanceof Error ? error.name : 'unknown';
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}
