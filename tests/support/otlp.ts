/** A collector of OpenTelemetry metrics and traces. */

/** A received span. */
export interface CollectedSpan {
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 2 is an error. */
  readonly status: number;
}

/** A metric as of the last export. */
export interface CollectedMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** Value, or count of a histogram, by labels as JSON. */
  readonly values: ReadonlyMap<string, number>;
}

/** A running collector. */
export interface Collector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, with `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`. */
  readonly url: string;
  readonly spans: CollectedSpan[];
  readonly metrics: ReadonlyMap<string, CollectedMetric>;
}

// deno-lint-ignore no-explicit-any -- the wire's own shape
type Wire = any;

/** Starts a collector on a free port. */
export function openCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const metrics = new Map<string, CollectedMetric>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { resourceSpans = [], resourceMetrics = [] } = await request.json() as Wire;
    for (const { scope, spans: some } of resourceSpans.flatMap((r: Wire) => r.scopeSpans)) {
      for (const span of some) spans.push(spanOf(scope.name, span));
    }
    for (const { metrics: some } of resourceMetrics.flatMap((r: Wire) => r.scopeMetrics)) {
      for (const metric of some) metrics.set(metric.name, metricOf(metric));
    }
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    metrics,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function spanOf(scope: string, span: Wire): CollectedSpan {
  const { traceId, spanId, parentSpanId, name, status } = span;
  const links = span.links.map(({ traceId, spanId }: Wire) => ({ traceId, spanId }));
  const attributes = attributesOf(span.attributes);
  return { scope, traceId, spanId, parentSpanId, name, attributes, links, status: status.code };
}

function metricOf({ name, description, unit, sum, gauge, histogram }: Wire): CollectedMetric {
  const kind = histogram ? "histogram" : sum?.isMonotonic ? "counter" : "gauge";
  const values = new Map<string, number>();
  for (const point of (sum ?? gauge ?? histogram).dataPoints) {
    const value = Number(point.count ?? point.asDouble ?? point.asInt);
    values.set(JSON.stringify(attributesOf(point.attributes)), value);
  }
  return { name, description, unit, kind, values };
}

function attributesOf(list: Wire): Record<string, string | number> {
  return Object.fromEntries(list.map(({ key, value }: Wire) => {
    const { stringValue, intValue, doubleValue } = value;
    return [key, stringValue ?? Number(intValue ?? doubleValue)];
  }));
}
