/**
 * Recognises inputs that a tRPC client's data transformer wrapped (contract 1.21). The service has none: it
 * would see no field of the event, and such a client would read its responses as `undefined`.
 */

import { z } from "zod";

/** What superjson (`{json, meta}`) and tupleson (`{json, nonce}`) make of any value. */
const ENVELOPE: ReadonlySet<string> = new Set(["json", "meta", "nonce"]);

/** How a text begins that a value was written as. */
const SERIALIZED = /^\s*[[{(]/;

const REMEDY = "this service has no transformer: remove `transformer` from the links of the " +
  "client, so that the input is plain JSON";

/** Why an input can be no call's; `null` if no transformer made it. */
export function describeTransformed(input: unknown): string | null {
  if (typeof input === "string" && SERIALIZED.test(input)) {
    return "the input is a text, which the transformer devalue makes, or JSON that was encoded twice; " +
      REMEDY;
  }
  return isEnvelope(input)
    ? `the input is wrapped in {json, meta}, which the transformer superjson makes; ${REMEDY}`
    : null;
}

/** Whether a client that sent this reads responses by their field `json`. */
export function isEnvelope(input: unknown): boolean {
  if (typeof input !== "object" || input === null) return false;
  if (!("json" in input) && !("meta" in input)) return false;
  return Object.keys(input).every((name) => ENVELOPE.has(name));
}

/** The error of an input that a transformer made; `null` if none did. */
export function transformedError(input: unknown): z.ZodError | null {
  const message = describeTransformed(input);
  return message === null ? null : z.never(message).safeParse(input).error ?? null;
}
