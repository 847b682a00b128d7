/** The application: wires the modules together, in the order in which they need each other. */

import { KnownKeys } from "./api_keys/known_keys.ts";
import { FormatGuard } from "./kv/format_guard.ts";
import { wireAdmin } from "./wiring/admin.ts";
import { type Http, wireHttp } from "./wiring/http.ts";
import { type Background, createLifecycle } from "./wiring/lifecycle.ts";
import { wireMonitoring } from "./wiring/monitoring.ts";
import { wireObservers } from "./wiring/observers.ts";
import { wireOutbox } from "./wiring/outbox.ts";
import type { OpenedParts } from "./wiring/parts.ts";
import { wirePipeline } from "./wiring/pipeline.ts";
import { wireReconciliation } from "./wiring/reconciliation.ts";

export type { OpenedParts };

/** The service, without a socket. */
export interface App extends Background, Pick<Http, "fetch" | "isReading"> {}

/** Creates the application. Nothing runs in the background until `start`. */
export function createApp(given: OpenedParts): App {
  const parts = { ...given, kv: new FormatGuard(given.kv) };
  const stop = {
    announced: new AbortController(),
    work: new AbortController(),
    streams: new AbortController(),
  };

  const observers = wireObservers(parts);
  const outbox = wireOutbox(parts, observers, stop.work.signal);
  const reconciling = wireReconciliation(parts);
  const pipeline = wirePipeline(parts, observers, outbox, reconciling);
  const monitoring = wireMonitoring(parts, observers, pipeline, reconciling);
  const onRefused = observers.metrics.observeRefusedToken;
  const apiKeys = new KnownKeys({ ...parts, onRefused });
  const admin = wireAdmin(parts, { pipeline, outbox, monitoring, apiKeys }, stop.streams.signal);
  const targets = { observers, pipeline, monitoring, admin, apiKeys };
  const http = wireHttp(parts, targets, stop.announced.signal);

  return {
    fetch: http.fetch,
    isReading: http.isReading,
    ...createLifecycle(parts, { observers, outbox, pipeline, monitoring, http, apiKeys }, stop),
  };
}
