/** The request header `Idempotency-Key`: the `idempotencyKey` of a request with one event (contract 1.13). */

import { TRPCError } from "@trpc/server";
import { shorten } from "../events/cut.ts";

const HEADER = "Idempotency-Key";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_SHOWN = 60;

/**
 * Gives an event the key of the header, if there is one.
 *
 * @throws {TRPCError} if the header is not a UUID, or another one than the event's own
 */
export function withHeaderKey(headers: Headers, event: unknown): unknown {
  const header = headers.get(HEADER);
  if (header === null || !isObject(event)) return event;
  // The draft standard of the header has quotes around the key.
  const key = header.replace(/^"(.*)"$/, "$1");
  if (!UUID.test(key)) {
    throw refusal(
      `The header ${HEADER} must be a UUID (8-4-4-4-12 hexadecimal digits), got ${show(header)}`,
    );
  }
  const own = event["idempotencyKey"];
  if (own === undefined || own === null) return { ...event, idempotencyKey: key };
  if (typeof own === "string" && own.toLowerCase() === key.toLowerCase()) return event;
  throw refusal(
    `The header ${HEADER} and the body's idempotencyKey must be equal if both are given, got ` +
      `${show(header)} and ${show(own)}`,
  );
}

/**
 * Returns a batch unchanged: its events have a key each.
 *
 * @throws {TRPCError} if there is a header, as a caller who relies on it would store events twice
 */
export function withoutHeaderKey(headers: Headers, batch: unknown): unknown {
  const header = headers.get(HEADER);
  if (header === null) return batch;
  throw refusal(
    `The header ${HEADER} must not be sent with a batch, got ${show(header)}: ` +
      "give each event an idempotencyKey of its own",
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(message: string): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message });
}

function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "nothing", MAX_SHOWN);
}
