/** The endpoints. */

import {
  BATCH_ERRORS,
  BATCH_TRACKED,
  BATCHES,
  EVENT_ERRORS,
  EVENTS,
  LIVENESS,
  METRICS_ERRORS,
  READINESS,
  TRACKED,
} from "./examples.ts";
import { errorsOf, headersOf, json } from "./responses.ts";
import { schemaOf } from "./schemas.ts";
import type { Document, Operation, Parameter, Security } from "./types.ts";

/** Who may call which endpoints. */
export interface Access {
  readonly events: Security;
  readonly metrics: Security;
}

// The header is no parameter: one that differs from the body's key is 400, which no schema can say.
const HEADER_KEY =
  "The key of an event may be sent as the header `Idempotency-Key` instead (1.13).";

const BODY =
  "Also compressed, as `Content-Encoding` says: gzip, deflate, br or zstd (1.16). It is read as " +
  "JSON whatever its content type (1.4).";

function query(name: string, description: string, example?: string): Parameter {
  const text = {
    name,
    in: "query",
    required: false,
    description,
    schema: { type: "string" },
  } as const;
  return example === undefined ? text : { ...text, example };
}

/** All endpoints by path. */
export function describePaths(access: Access): Document["paths"] {
  return {
    "/v1/events": { post: trackEvent(access.events) },
    "/v1/events/batch": { post: trackBatch(access.events) },
    "/v1/beacon": { post: sendBeacon(access.events) },
    "/v1/pixel.gif": { get: PIXEL },
    "/livez": { get: LIVEZ },
    "/readyz": { get: READYZ },
    "/metrics": { get: metrics(access.metrics) },
  };
}

function trackEvent(security: Security): Operation {
  return {
    operationId: "trackEvent",
    tags: ["Events"],
    summary: "Track an event",
    description:
      "Responds when the event is durable. Give it an idempotency key if it must count " +
      `exactly once. ${HEADER_KEY}`,
    security,
    requestBody: {
      required: true,
      description: BODY,
      content: { "application/json": { schema: schemaOf("Event"), examples: EVENTS } },
    },
    responses: {
      200: json("Tracked, or not stored: `tracked` says which.", "Tracked", TRACKED, [
        "Idempotent-Replayed",
      ]),
      ...errorsOf(EVENT_ERRORS),
    },
  };
}

function trackBatch(security: Security): Operation {
  return {
    operationId: "trackBatch",
    tags: ["Events"],
    summary: "Track up to 50 events",
    description: "Each event gets its own result and does not affect the others (3.2).",
    security,
    requestBody: {
      required: true,
      description: BODY,
      content: { "application/json": { schema: schemaOf("Batch"), examples: BATCHES } },
    },
    responses: {
      200: json("The results, in the order of the events.", "BatchTracked", BATCH_TRACKED, [
        "Retry-After",
      ]),
      ...errorsOf(BATCH_ERRORS),
    },
  };
}

function sendBeacon(security: Security): Operation {
  return {
    operationId: "sendBeacon",
    tags: ["Events"],
    summary: "Track at page exit",
    description:
      "For `navigator.sendBeacon` and `fetch` with `keepalive`: one event, or `{events}` (1.6). " +
      HEADER_KEY,
    security,
    requestBody: {
      required: true,
      description: BODY,
      content: {
        "application/json": {
          schema: { anyOf: [schemaOf("Event"), schemaOf("Batch")] },
          examples: { ...EVENTS, ...BATCHES },
        },
      },
    },
    responses: {
      204: {
        description: "Tracked, except for events of a batch that are invalid (1.6).",
        headers: headersOf("Idempotent-Replayed", "Retry-After"),
      },
      ...errorsOf(EVENT_ERRORS),
      503: {
        description: "At least one event was not stored. Send all of them again (1.6).",
        headers: headersOf("Retry-After"),
      },
    },
  };
}

const PIXEL: Operation = {
  operationId: "openPixel",
  tags: ["Events"],
  summary: "Track the opening of an email",
  description:
    "Responds with a transparent image, whatever happened to the event (1.7). Any other parameter becomes a prop.",
  security: [],
  parameters: [
    query("eventType", "As in an event.", "email_opened"),
    query("source", "As in an event."),
    query("entityId", "As in an event."),
    query("entityType", "As in an event."),
    query("sessionId", "As in an event."),
    query("idempotencyKey", "As in an event: with one, only the first opening counts."),
    query("utm_source", "`attribution.utmSource`."),
    query("utm_medium", "`attribution.utmMedium`."),
    query("utm_campaign", "`attribution.utmCampaign`.", "autumn"),
    query("utm_term", "`attribution.utmTerm`."),
    query("utm_content", "`attribution.utmContent`."),
    query("recipient", "A prop, which tells recipients apart.", "r_1"),
  ],
  responses: {
    200: {
      description: "A GIF of 1×1.",
      headers: headersOf(),
      content: { "image/gif": {} },
    },
  },
};

const LIVEZ: Operation = {
  operationId: "checkLiveness",
  tags: ["Operation"],
  summary: "Is the process up?",
  description: "For liveness probes (11.4).",
  security: [],
  responses: {
    200: json("It is.", "Liveness", LIVENESS),
  },
};

const READYZ: Operation = {
  operationId: "checkReadiness",
  tags: ["Operation"],
  summary: "Does it work?",
  description: "For readiness probes and load balancers. It names the part that fails (11.5).",
  security: [],
  responses: {
    200: json("It does.", "Readiness", READINESS[200]),
    503: json(
      "`degraded`: tracking continues. `down`: it does not. `stopping`: soon.",
      "Readiness",
      READINESS[503],
    ),
  },
};

function metrics(security: Security): Operation {
  return {
    operationId: "readMetrics",
    tags: ["Operation"],
    summary: "Metrics for Prometheus",
    description: "In Prometheus' text format (12.3).",
    security,
    responses: {
      200: {
        description: "All metrics.",
        headers: headersOf(),
        content: { "text/plain": { schema: { type: "string" } } },
      },
      ...(security.length === 0 ? {} : errorsOf(METRICS_ERRORS)),
    },
  };
}
