/**
 * Tracing with the OpenTelemetry API: one span per request (created by Deno), flush and enrichment batch.
 * Events are stored between these steps, so each flush and batch starts a trace of its own and links to
 * the traces of its events. Nothing is recorded unless `OTEL_DENO` is `true`.
 */

import { type Span, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { VERSION } from "./version.ts";

/** The most links of a span: a flush may write the events of thousands of requests. */
export const MAX_LINKS = 32;

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;

const tracer = trace.getTracer("sluice", VERSION);

/** The active span as a W3C `traceparent`; `undefined` if there is none or it is not sampled. */
export function activeTrace(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  if (active === undefined || (active.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${active.traceId}-${active.spanId}-01`;
}

/** Names the current request's span after its route, and removes the query, which may hold secrets. */
export function nameRequest(method: string, route: string): void {
  const span = trace.getActiveSpan();
  if (span === undefined) return;
  span.updateName(`${method} ${route}`);
  span.setAttributes({ "http.route": route, "url.full": route, "url.query": "" });
}

/** A unit of work with its own span. */
export class Task {
  readonly #span: Span;
  readonly #linked = new Set<string>();

  constructor(span: Span) {
    this.#span = span;
  }

  /** Sets attributes of the span. */
  setAttributes(attributes: Readonly<Record<string, string | number>>): void {
    this.#span.setAttributes(attributes);
  }

  /** Links to the traces that the work comes from, each once, and stops reading at `MAX_LINKS`. */
  linkTo(traceparents: Iterable<string | undefined>): void {
    if (!this.#span.isRecording()) return;
    for (const traceparent of traceparents) {
      if (this.#linked.size === MAX_LINKS) return;
      if (traceparent === undefined || this.#linked.has(traceparent)) continue;
      const [, traceId, spanId] = TRACEPARENT.exec(traceparent) ?? [];
      if (traceId === undefined || spanId === undefined) continue;
      this.#linked.add(traceparent);
      this.#span.addLink({ context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED } });
    }
  }

  /** Marks the work as failed. */
  fail(reason: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
  }
}

/** Runs `work` in a span that starts a trace. An error marks the span as failed and is rethrown. */
export async function inSpan<T>(name: string, work: (task: Task) => Promise<T>): Promise<T> {
  // A root span: a request may have started the work, which outlives it.
  return await tracer.startActiveSpan(name, { root: true }, async (span) => {
    const task = new Task(span);
    try {
      return await work(task);
    } catch (error) {
      task.fail(String(error));
      throw error;
    } finally {
      span.end();
    }
  });
}
