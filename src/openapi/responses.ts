/** Responses that several operations share. */

import type { Errors } from "./examples.ts";
import { schemaOf } from "./schemas.ts";
import type { Examples, Header, Reference, ResponseObject } from "./types.ts";

/** Headers of responses, by name. */
export const HEADERS = {
  "X-Request-Id": {
    description: "The caller's `X-Request-Id`, if it is safe to log, else a new UUID (1.8).",
    schema: { type: "string" },
  },
  "Idempotent-Replayed": {
    description: "Only in responses to replays: the key and the event were seen before (2.3).",
    schema: { type: "string", const: "true" },
  },
  "Retry-After": {
    description: "The seconds after which to send it again (2.13, 2.14).",
    schema: { type: "integer", minimum: 1 },
  },
  "Accept-Encoding": {
    description: "The content codings that a body may have (1.16).",
    schema: { type: "string" },
  },
} as const satisfies Readonly<Record<string, Header>>;

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400:
    "The body is no JSON, or violates its schema (1.5, 2.5), or `Idempotency-Key` is no UUID (1.13).",
  401:
    "The API key is mistyped, unknown or revoked (13.2), or there is none where one is required (13.6).",
  403: "The API key lacks the scope `ingest` (13.3).",
  408: "The body took longer than 30 seconds to arrive. Send it again (2.11).",
  409: "The idempotency key was used for a different event (2.4).",
  412:
    "The event violates a business rule: its type, a required prop or `props.occurred_at` (2.6).",
  413: "The body, the event or the batch is too large (2.7, 3.1).",
  415: "The content coding or the charset of the body is unknown (1.5, 1.17).",
  429:
    "The buffer is full, or the sender is over a limit (2.8, 2.14). Send it again after `Retry-After`.",
  500: "An unexpected error. Send it again (2.10).",
};

const OWN_HEADERS: Readonly<Record<number, readonly (keyof typeof HEADERS)[]>> = {
  415: ["Accept-Encoding"],
  429: ["Retry-After"],
};

/** References to headers, and to the one that all responses have. */
export function headersOf(
  ...names: readonly (keyof typeof HEADERS)[]
): Readonly<Record<string, Reference>> {
  const all = [...names, "X-Request-Id"];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A response in JSON. */
export function json(
  description: string,
  schema: Parameters<typeof schemaOf>[0],
  examples: Examples = {},
  headers: readonly (keyof typeof HEADERS)[] = [],
): ResponseObject {
  return {
    description,
    headers: headersOf(...headers),
    content: {
      "application/json": {
        schema: schemaOf(schema),
        ...(Object.keys(examples).length === 0 ? {} : { examples }),
      },
    },
  };
}

/** Errors by status, with their examples. */
export function errorsOf(errors: Errors): Readonly<Record<string, ResponseObject>> {
  const responses = Object.entries(errors).map(([key, examples]) => {
    const status = Number(key);
    const description = DESCRIPTIONS[status] ?? "";
    return [key, json(description, "Error", examples, OWN_HEADERS[status])];
  });
  return Object.fromEntries(responses);
}
