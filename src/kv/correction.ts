/**
 * What became of an event whose claim is in the log (`key_entry.ts`), unless it became a row. Entries of
 * the log are never changed, so a correction is a key of its own: the event's and its idempotency key, so
 * that it never concerns a newer event with the same one, and can be written without reading the claim.
 */

import { readIdTime } from "../events/id.ts";
import { isUuid } from "../events/unreadable.ts";
import type { Claim } from "./claim.ts";
import { noteDamage } from "./damage.ts";
import { correctionKey } from "./keys.ts";
import type { AtomicOperation, Kv, KvEntryMaybe } from "./port.ts";

/** The value of a correction. */
export type Correction =
  /** The key has another row, which replays name. */
  | { readonly kind: "row"; readonly eventId: string }
  /** The event has no row, and replays name none. */
  | { readonly kind: "dead" }
  /** A dead letter that was put back into the buffer, in this segment. */
  | { readonly kind: "buffered"; readonly segment: string }
  /** The event is lost, and its key is free. */
  | { readonly kind: "void" };

/** A claim in the log. */
export interface LoggedClaim {
  readonly eventId: string;
  readonly idempotencyKey: string;
}

/** An event is committed this long after it got its id, at most. */
const MAX_WAIT_MS = 3_600_000;
/** An id this far in the future is not believed. */
const MAX_AHEAD_MS = 31 * 24 * 3_600_000;

/**
 * Sets the correction of a claim.
 *
 * It stays for longer than the claim: from the id's time or now, whichever is later, as the clock may have
 * been set in between.
 */
export function setCorrection(
  operation: AtomicOperation,
  { eventId, idempotencyKey }: LoggedClaim,
  correction: Correction,
  { now, ttlMs }: { readonly now: number; readonly ttlMs: number },
): void {
  const from = Math.max(now, Math.min(readIdTime(eventId) || 0, now + MAX_AHEAD_MS));
  const expireIn = from + MAX_WAIT_MS + ttlMs - now;
  operation.set(correctionKey(eventId, idempotencyKey), correction, { expireIn });
}

/** Applies the correction that KV has, if any, to a claim. Returns `null` if the key is free. */
export function applyCorrection(
  kv: Kv,
  claim: Claim,
  { key, value, versionstamp }: KvEntryMaybe<unknown>,
): Claim | null {
  if (versionstamp === null) return claim;
  if (typeof value === "object" && value !== null) {
    const { kind, eventId, segment } = value as Record<"kind" | "eventId" | "segment", unknown>;
    if (kind === "dead") return { ...claim, deadLettered: true };
    if (kind === "row" && isUuid(eventId)) return { ...claim, eventId };
    if (kind === "buffered" && typeof segment === "string") return { ...claim, segment };
    if (kind === "void") return null;
  }
  // Postgres has the last word on an event that is sent again.
  noteDamage(kv, "claim", key);
  return null;
}
