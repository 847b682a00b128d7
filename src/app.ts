/** The application: wires the modules together, in the order in which they need each other. */

import { wireAdmin } from "./wiring/admin.ts";
import { wireEnrichment } from "./wiring/enrichment.ts";
import { type Http, wireHttp } from "./wiring/http.ts";
import { type Background, createLifecycle } from "./wiring/lifecycle.ts";
import { wireMonitoring } from "./wiring/monitoring.ts";
import { wireObservers } from "./wiring/observers.ts";
import type { AppParts } from "./wiring/parts.ts";
import { wirePipeline } from "./wiring/pipeline.ts";

export type { AppParts };

/** The service, without a socket. */
export interface App extends Background, Pick<Http, "fetch"> {}

/** Creates the application. Nothing runs in the background until `start`. */
export function createApp(parts: AppParts): App {
  const stop = { work: new AbortController(), streams: new AbortController() };

  const observers = wireObservers(parts);
  const enrichment = wireEnrichment(parts, observers, stop.work.signal);
  const pipeline = wirePipeline(parts, observers, enrichment);
  const monitoring = wireMonitoring(parts, observers, pipeline);
  const admin = wireAdmin(parts, { pipeline, enrichment, monitoring }, stop.streams.signal);
  const http = wireHttp(parts, { observers, pipeline, monitoring, admin });

  return {
    fetch: http.fetch,
    ...createLifecycle(parts, { observers, enrichment, pipeline, monitoring, http }, stop),
  };
}
