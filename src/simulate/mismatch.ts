/** Compares the result of an event with the expected one. */

import type { EventResult } from "./responses.ts";
import type { PlannedEvent, PlannedRequest } from "./types.ts";

/**
 * Describes how a result differs from the expected one; `null` if it does not.
 *
 * @param isStored whether an earlier event is known to be stored
 */
export function findMismatch(
  { route }: Pick<PlannedRequest, "route">,
  { expect, body }: PlannedEvent,
  result: EventResult,
  isStored: (id: number) => boolean,
): string | null {
  if (result.kind === "malformed") return `${route}: ${result.reason}`;
  if (result.kind === "not_stored") return null; // allowed at any time
  if (expect.kind === "invalid") {
    const name = `invalid event (${expect.reason}) sent to ${route}`;
    if (result.kind === "tracked") {
      return `${name}: expected status ${expect.status}, but it was accepted`;
    }
    const { status } = result;
    return status === null || status === expect.status
      ? null
      : `${name}: expected status ${expect.status}, got ${status}`;
  }
  const name = `${expect.kind} ${String(body["eventType"])} event sent to ${route}`;
  if (result.kind === "rejected") {
    return `${name}: rejected with ${result.status ?? "an error"}: ${result.message}`;
  }
  if (result.replayed === null) return null;
  if (expect.kind !== "replay") return result.replayed ? `${name}: marked as a replay` : null;
  // If the first attempt got no valid response, it may or may not be stored: accept both.
  const isUnmarked = !result.replayed && isStored(expect.of);
  return isUnmarked ? `${name}: not marked as a replay` : null;
}
