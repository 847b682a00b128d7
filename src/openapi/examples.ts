/** Examples of bodies. A test sends the requests, and compares the responses with what it gets. */

import type { Example, Examples } from "./types.ts";

function error(summary: string, code: string, message: string, more: object = {}): Example {
  return { summary, value: { code, message, ...more } };
}

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
  two_emails: {
    summary: "Two emails",
    value: {
      events: [
        {
          eventType: "email_sent",
          idempotencyKey: "0b0c6c1a-7c52-4b9e-8f0e-3a5d1c9e7f21",
          props: { recipient: "r_1" },
        },
        {
          eventType: "email_sent",
          idempotencyKey: "c9d6a2f4-1e3b-4d8a-b7c5-6f2e8d0a4b13",
          props: { recipient: "r_2" },
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

/** Errors by status and name. */
export const ERRORS = {
  400: {
    schema: error(
      "The event violates its schema (2.5)",
      "BAD_REQUEST",
      'source must be one of web, api, mobile, system, webhook, got "tv"',
      {
        data: {
          zodError: {
            fieldErrors: {
              source: ['must be one of web, api, mobile, system, webhook, got "tv"'],
            },
            formErrors: [],
          },
        },
      },
    ),
    not_json: error(
      "The body is not JSON (1.18)",
      "BAD_REQUEST",
      "The body is not valid JSON: it is empty",
    ),
  },
  401: {
    key: error("The API key is mistyped (13.2)", "UNAUTHORIZED", ""),
  },
  403: {
    scope: error("The API key lacks the scope (13.3)", "FORBIDDEN", ""),
  },
  408: {
    slow: error("The body is too slow (2.11)", "TIMEOUT", "The body did not arrive within 30 s"),
  },
  409: {
    conflict: error("The key was used for another event (2.4)", "CONFLICT", ""),
  },
  412: {
    rule: error(
      "A business rule is violated (2.6)",
      "PRECONDITION_FAILED",
      "payout_completed requires props.payment_method",
    ),
  },
  413: {
    body: error(
      "The body is too large (2.7)",
      "PAYLOAD_TOO_LARGE",
      "The body is too large; the limit is 1048576 bytes after decompression",
    ),
  },
  415: {
    coding: error("The body has an unknown coding (1.5)", "UNSUPPORTED_MEDIA_TYPE", ""),
  },
  429: {
    limited: error(
      "The sender is over the rate limit (2.14)",
      "TOO_MANY_REQUESTS",
      "More than 10 events per second (RATE_LIMIT_EVENTS_PER_SECOND)",
    ),
  },
  500: {
    internal: error("An unexpected error (2.10)", "INTERNAL_SERVER_ERROR", "Internal server error"),
  },
} as const satisfies Readonly<Record<number, Examples>>;
