/** Examples of bodies. A test sends the requests, and compares the responses with what it gets. */

import { ACCEPTED_CODINGS } from "../http/content_coding.ts";
import { VERSION } from "../version.ts";
import type { Example, Examples } from "./types.ts";

/**
 * Bodies of one event, of types that require no props (4.4): validators exchange the fields of examples, and a
 * prop that is missing violates no schema.
 */
export const EVENTS: Examples = {
  page_view: {
    summary: "A page view",
    value: { eventType: "page_viewed", props: { path: "/pricing" } },
  },
  email: {
    summary: "An email, which counts once",
    value: {
      eventType: "email_sent",
      source: "api",
      idempotencyKey: "5f0c7d1e-2f0b-4c37-9a55-0c1f6d2b8e41",
      props: { recipient: "r_1" },
    },
  },
  campaign: {
    summary: "A license that was viewed after a campaign",
    value: {
      eventType: "license_viewed",
      entityId: "ckv3x9d2a0000qzrmn831i7rn",
      entityType: "license",
      sessionId: "0b0c6c1a-7c52-4b9e-8f0e-3a5d1c9e7f21",
      attribution: {
        utmSource: "newsletter",
        landingPage: "https://example.com/?utm_source=newsletter",
      },
    },
  },
};

/** Bodies of a batch. */
export const BATCHES: Examples = {
  payouts: {
    summary: "Two payouts, each of which counts once",
    value: {
      events: [
        {
          eventType: "payout_completed",
          source: "api",
          idempotencyKey: "0b0c6c1a-7c52-4b9e-8f0e-3a5d1c9e7f21",
          props: { amount_cents: 4900, payment_method: "card" },
        },
        {
          eventType: "payout_completed",
          source: "api",
          idempotencyKey: "c9d6a2f4-1e3b-4d8a-b7c5-6f2e8d0a4b13",
          props: { amount_cents: 2500, payment_method: "transfer" },
        },
      ],
    },
  },
};

/** Responses to one event that are 200. */
export const TRACKED: Examples = {
  tracked: {
    summary: "Durable, or a duplicate of an event that is (2.1, 2.2)",
    value: { eventId: null, tracked: true },
  },
  replayed: {
    summary: "A replay of an event that is a row (2.3)",
    value: { eventId: "019ac8f2-7d1e-7b3a-9c55-0c1f6d2b8e41", tracked: true },
  },
  not_stored: {
    summary: "Not stored: send it again (2.9)",
    value: { eventId: null, tracked: false },
  },
};

/** Responses to a batch that are 200. */
export const BATCH_TRACKED: Examples = {
  tracked: {
    summary: "Both are durable",
    value: {
      total: 2,
      successful: 2,
      failed: 0,
      results: [
        { index: 0, status: "fulfilled", data: { eventId: null, tracked: true }, error: null },
        { index: 1, status: "fulfilled", data: { eventId: null, tracked: true }, error: null },
      ],
    },
  },
  one_invalid: {
    summary: "The second is invalid, the first is durable (3.2)",
    value: {
      total: 2,
      successful: 1,
      failed: 1,
      results: [
        { index: 0, status: "fulfilled", data: { eventId: null, tracked: true }, error: null },
        {
          index: 1,
          status: "rejected",
          data: null,
          error: "payout_completed requires props.payment_method",
        },
      ],
    },
  },
};

const NOT_A_SOURCE = 'must be one of web, api, mobile, system, webhook, got "tv"';
const NO_EVENTS = "must be an array of 1 to 50 events";

/** Errors that have nothing to do with the events, by status and name. */
const COMMON_ERRORS = {
  401: {
    key: error(
      "The API key is mistyped (13.2)",
      "UNAUTHORIZED",
      "The API key sluice_key_aaaa…aaaa is mistyped: its checksum, the last 6 characters, does " +
        "not fit the others",
    ),
  },
  403: {
    scope: error(
      "The API key lacks the scope (13.3)",
      "FORBIDDEN",
      'The API key "Reports" lacks the scope ingest',
    ),
  },
  408: {
    slow: error("The body is too slow (2.11)", "TIMEOUT", "The body did not arrive within 30 s"),
  },
  415: {
    coding: error(
      "The body has an unknown coding (1.5)",
      "UNSUPPORTED_MEDIA_TYPE",
      `content-encoding must be omitted or one of ${ACCEPTED_CODINGS}, got "lzma"`,
    ),
  },
  429: {
    limit: error(
      "The sender is over the rate limit (2.14)",
      "TOO_MANY_REQUESTS",
      "More than 10 events per second (RATE_LIMIT_EVENTS_PER_SECOND)",
    ),
  },
} as const;

const NOT_JSON = error(
  "The body is not JSON (1.18)",
  "BAD_REQUEST",
  "The body is not valid JSON: it is empty",
);

/** Errors of endpoints for one event. */
export const EVENT_ERRORS = {
  ...COMMON_ERRORS,
  400: {
    schema: invalid("The event violates its schema (2.5)", "source", NOT_A_SOURCE),
    json: NOT_JSON,
  },
  409: {
    conflict: error(
      "The key was used for another event (2.4)",
      "CONFLICT",
      "idempotencyKey 5f0c7d1e-2f0b-4c37-9a55-0c1f6d2b8e41 was used for a different event",
    ),
  },
  412: {
    rule: error(
      "A required prop is missing (2.6, 4.4)",
      "PRECONDITION_FAILED",
      "payout_completed requires props.payment_method",
    ),
  },
  413: {
    event: error(
      "The event is too large (2.7)",
      "PAYLOAD_TOO_LARGE",
      "The event is more than 32768 bytes of JSON, which is the limit",
    ),
  },
  500: {
    unexpected: error(
      "An unexpected error (2.10)",
      "INTERNAL_SERVER_ERROR",
      "Internal server error",
    ),
  },
} as const satisfies Errors;

/** Errors of endpoints for a batch. */
export const BATCH_ERRORS = {
  ...COMMON_ERRORS,
  400: {
    events: invalid("There are no events (3.1)", "events", NO_EVENTS),
    json: NOT_JSON,
  },
  413: {
    events: error(
      "There are too many events (3.1)",
      "PAYLOAD_TOO_LARGE",
      "events must have at most 50 entries, got 51",
    ),
  },
  500: {},
} as const satisfies Errors;

/** The response of `/livez`. */
export const LIVENESS: Examples = {
  alive: { summary: "The process runs", value: { status: "ok", version: VERSION } },
};

/** Parts that `/readyz` reports on, and why it is not ready. */
export const READINESS: Readonly<Record<200 | 503, Examples>> = {
  200: {
    ready: {
      summary: "Everything works",
      value: { status: "ok", kv: "ok", postgres: "ok", flush: "ok", enrichment: "ok" },
    },
  },
  503: {
    degraded: {
      summary: "Postgres is away, and tracking continues",
      value: {
        status: "degraded",
        kv: "ok",
        postgres: "not responding",
        flush: "ok",
        enrichment: "ok",
      },
    },
  },
};

/** Errors of `/metrics`. */
export const METRICS_ERRORS = {
  401: {
    token: error(
      "The token is missing (12.5)",
      "UNAUTHORIZED",
      "This endpoint requires the token METRICS_TOKEN in Authorization: Bearer",
    ),
  },
} as const satisfies Errors;

/** Examples of errors by status. */
export type Errors = Readonly<Record<number, Examples>>;

function error(summary: string, code: string, message: string, more: object = {}): Example {
  return { summary, value: { code, message, ...more } };
}

function invalid(summary: string, field: string, message: string): Example {
  const zodError = { fieldErrors: { [field]: [message] }, formErrors: [] };
  return error(summary, "BAD_REQUEST", `${field} ${message}`, { data: { zodError } });
}
