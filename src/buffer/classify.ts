/** Classifies events by the claims on their fingerprints and idempotency keys (contract 2.2–2.4). */

import type { BufferOutcome } from "../events/outcome.ts";
import type { AcceptedEvent, DedupKey } from "../events/types.ts";
import { type Claim, isClaim } from "../kv/claim.ts";
import { noteDamage } from "../kv/damage.ts";
import { isReadableIn } from "../kv/damaged_segment.ts";
import { damagedSegmentKey, fingerprintKey, idempotencyKey, segmentKey } from "../kv/keys.ts";
import type { Kv, KvEntry, KvEntryMaybe, KvKey } from "../kv/port.ts";
import { conflictOf } from "./duplicates.ts";

/** The outcome of an event, or `free`: unclaimed, and an entry of this version may be replaced. */
export type Classification =
  | BufferOutcome
  | { readonly kind: "free"; readonly versionstamp: string | null };

/** The key in KV of an event's claim, if it has one. */
export function claimKey(dedupKey: DedupKey): KvKey | null {
  switch (dedupKey.by) {
    case "idempotency_key":
      return idempotencyKey(dedupKey.key);
    case "fingerprint":
      return fingerprintKey(dedupKey.second, dedupKey.value);
    case "nothing":
      return null;
  }
}

/**
 * Reads the claims of all events at once, `keysPerRead` a read, and applies each at `now` (epoch
 * milliseconds).
 *
 * A flush corrects the claim of an event that it does not store, and then removes the segment. So the claims
 * of what seems to be a row, as its segment is gone, are read again.
 */
export async function classify(
  kv: Kv,
  events: readonly AcceptedEvent[],
  keysPerRead: number,
  now: number,
): Promise<Classification[]> {
  const readPlace = oncePerSegment(kv);
  async function readAndApply(events: readonly AcceptedEvent[]): Promise<Classification[]> {
    const entries = await readClaims(kv, events, keysPerRead);
    return await Promise.all(events.map((event, i) => {
      const entry = entries[i];
      return entry !== undefined && isClaim(entry.value)
        ? classifyClaimed(readPlace, event, entry as KvEntry<Claim>, now)
        : { kind: "free" as const, versionstamp: entry?.versionstamp ?? null };
    }));
  }
  const classifications = await readAndApply(events);
  const stored = events.filter((_, i) => namesRow(classifications[i]));
  const again = new Map((await readAndApply(stored)).map((found, i) => [stored[i], found]));
  return classifications.map((classification, i) => again.get(events[i]) ?? classification);
}

function namesRow(classification: Classification | undefined): boolean {
  return classification?.kind === "replayed" && classification.eventId !== null;
}

/** The entry of each event's claim, where it has one. */
async function readClaims(
  kv: Kv,
  events: readonly AcceptedEvent[],
  keysPerRead: number,
): Promise<(KvEntryMaybe<unknown> | undefined)[]> {
  const keys = events.map(({ dedupKey }) => claimKey(dedupKey));
  const present = keys.filter((key) => key !== null);
  const reads: Promise<KvEntryMaybe<unknown>[]>[] = [];
  for (let from = 0; from < present.length; from += keysPerRead) {
    reads.push(kv.getMany<unknown[]>(present.slice(from, from + keysPerRead)));
  }
  const entries = (await Promise.all(reads)).flat();
  // A damaged claim is none, and may be an entry without a value.
  for (const { key, value, versionstamp } of entries) {
    if (versionstamp && !isClaim(value)) noteDamage(kv, "claim", key);
  }
  let next = 0;
  return keys.map((key) => key === null ? undefined : entries[next++]);
}

/** Where the event of a claim is: still in its segment, or a row unless its line was unreadable. */
export type ReadPlace = (claim: Claim) => Promise<"buffered" | "row" | "none">;

/** The claims of a batch are mostly in one or two segments. Over a network each read is a round trip. */
export function oncePerSegment(kv: Kv): ReadPlace {
  const reads = new Map<string, Promise<[KvEntryMaybe<unknown>, KvEntryMaybe<unknown>]>>();
  return async function readPlace({ segment: id, eventId }) {
    let read = reads.get(id);
    if (read === undefined) {
      read = kv.getMany<[unknown, unknown]>([segmentKey(id), damagedSegmentKey(id)]);
      reads.set(id, read);
    }
    const [segment, damaged] = await read;
    if (segment.versionstamp !== null) return "buffered";
    const isRow = damaged.versionstamp === null || isReadableIn(damaged.value, eventId);
    return isRow ? "row" : "none";
  };
}

/** Classifies an event by a claim on its key or fingerprint, which is of this version in KV. */
export async function classifyClaimed(
  readPlace: ReadPlace,
  { id, dedupKey }: AcceptedEvent,
  { value: claim, versionstamp }: Pick<KvEntryMaybe<Claim>, "versionstamp"> & { value: Claim },
  now: number,
): Promise<Classification> {
  // The event's own claim: its commit was applied although it reported an error.
  if (claim.eventId === id) return { kind: "accepted" };
  if (now >= claim.deadline) return { kind: "free", versionstamp };
  if (dedupKey.by !== "idempotency_key") return { kind: "duplicate" };
  if (claim.contentHash !== dedupKey.contentHash) return conflictOf(dedupKey.key);
  if (claim.deadLettered) return { kind: "replayed", eventId: null };
  const isRow = await readPlace(claim) === "row";
  return { kind: "replayed", eventId: isRow ? claim.eventId : null };
}
