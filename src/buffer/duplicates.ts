/**
 * Events with one dedup key that wait for a commit at the same time: the first one's outcome decides the
 * others', so that 50 equal events need one commit and not 50.
 */

import type { BufferOutcome } from "../events/outcome.ts";
import type { AcceptedEvent, DedupKey } from "../events/types.ts";

/** What two pending events of one dedup key have in common; `null`: they never do. */
export function toDedupText(dedupKey: DedupKey): string | null {
  switch (dedupKey.by) {
    case "idempotency_key":
      return dedupKey.key;
    case "fingerprint":
      return dedupKey.value;
    case "nothing":
      return null;
  }
}

/** A key that another event has (contract 2.4). */
export function conflictOf(key: string): BufferOutcome {
  return { kind: "conflict", message: `idempotencyKey ${key} was used for a different event` };
}

/**
 * The outcome of an event whose dedup key the event `first` has, which has its outcome.
 *
 * @returns `null` if it does not follow: neither event may be the one that claims the key, or both
 */
export function outcomeOfDuplicate(
  { dedupKey: first }: AcceptedEvent,
  outcome: BufferOutcome,
  { dedupKey }: AcceptedEvent,
): BufferOutcome | null {
  const isStored = outcome.kind === "accepted";
  if (first.by !== "idempotency_key" || dedupKey.by !== "idempotency_key") {
    return isStored ? { kind: "duplicate" } : outcome;
  }
  const isSame = first.contentHash === dedupKey.contentHash;
  if (isStored || outcome.kind === "replayed") {
    if (!isSame) return conflictOf(dedupKey.key);
    return isStored ? { kind: "replayed", eventId: null } : outcome;
  }
  return outcome.kind === "conflict" && !isSame ? null : outcome;
}
