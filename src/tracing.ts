/**
 * Traces by the OpenTelemetry API: one span a request, which Deno makes itself, one a flush and one an
 * enrichment batch. Between them events rest, so each begins a trace of its own and names those it
 * stems from as links. Where `OTEL_DENO` is not `true` nothing here does anything.
 */

import { type Span, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { VERSION } from "./version.ts";

/** Links of one span; a flush may hold the events of thousands of requests. */
export const MAX_LINKS = 32;

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;

const tracer = trace.getTracer("sluice", VERSION);

/** The sampled span that is active, as a W3C `traceparent`; `undefined` where none is. */
export function activeTrace(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  if (active === undefined || (active.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${active.traceId}-${active.spanId}-01`;
}

/** Gives the span of the request that is being answered the name of its route. */
export function nameRequest(method: string, route: string): void {
  const span = trace.getActiveSpan();
  if (span === undefined) return;
  span.updateName(`${method} ${route}`);
  span.setAttribute("http.route", route);
}

/** Work in a span of its own. */
export class Task {
  readonly #span: Span;
  readonly #linked = new Set<string>();

  constructor(span: Span) {
    this.#span = span;
  }

  /** Says something of the work. */
  note(facts: Readonly<Record<string, string | number>>): void {
    this.#span.setAttributes(facts);
  }

  /** Links to where the work comes from, each `traceparent` once; reads no further than it may link. */
  stemsFrom(traceparents: Iterable<string | undefined>): void {
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

/** Does work within a span that begins a trace. What it throws marks the span and is passed on. */
export async function inSpan<T>(name: string, work: (task: Task) => Promise<T>): Promise<T> {
  // A root: a request may have begun the work, which outlives it.
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
