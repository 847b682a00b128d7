/** Encodes planned requests as HTTP. */

import { gzipSync } from "node:zlib";
import type { PlannedRequest } from "./types.ts";

/** The arguments for `fetch`. */
export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

const PATHS = {
  rest: "/v1/events",
  trpc: "/api/trpc/eventIngestion.track",
  batch: "/v1/events/batch",
  beacon: "/v1/beacon",
  pixel: "/v1/pixel.gif",
} as const;

/** Encodes a request for the service at `base`, a URL without a trailing slash. */
export function toHttpRequest(request: PlannedRequest, base: string): HttpRequest {
  const { route, headers, gzip } = request;
  const url = base + PATHS[route];
  if (route === "pixel") {
    return { url: `${url}?${toQuery(request)}`, method: "GET", headers, body: null };
  }
  // Browsers send a beacon as text, to avoid a CORS preflight.
  const type = route === "beacon" ? "text/plain;charset=UTF-8" : "application/json";
  const json = JSON.stringify(toPayload(request));
  return {
    url,
    method: "POST",
    headers: {
      ...headers,
      "content-type": type,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    },
    body: gzip ? new Uint8Array(gzipSync(json)) : json,
  };
}

function toPayload({ route, events }: PlannedRequest): unknown {
  const bodies = events.map(({ body }) => body);
  const isBatch = route === "batch" || bodies.length > 1;
  return isBatch ? { events: bodies } : bodies[0];
}

function toQuery({ events }: PlannedRequest): URLSearchParams {
  const { props, ...fields } = events[0]?.body ?? {};
  const query = new URLSearchParams();
  for (const [name, value] of entries(fields)) query.set(name, value);
  for (const [name, value] of entries(props)) query.set(name, value);
  return query;
}

function entries(value: unknown): [string, string][] {
  const object = typeof value === "object" && value !== null ? value : {};
  return Object.entries(object).map(([name, entry]) => [name, String(entry)]);
}
