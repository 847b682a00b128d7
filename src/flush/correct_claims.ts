/** Corrects the claims in KV of events that did not become rows (contract 2.3). */

import type { Clock } from "../clock.ts";
import type { Unstored } from "../events/sink.ts";
import { type Claim, isClaim } from "../kv/claim.ts";
import { noteDamage } from "../kv/damage.ts";
import { idempotencyKey } from "../kv/keys.ts";
import { MANAGED_LIMITS } from "../kv/limits.ts";
import type { Kv } from "../kv/port.ts";

/**
 * Makes each claim name the row that its key already has, or none if the event is a dead letter. Must be
 * done before the events leave the buffer, while a replay still gets `null`; repeating it changes nothing.
 * A claim held by a newer event is left alone.
 */
export async function correctClaims(
  kv: Kv,
  clock: Clock,
  unstored: readonly Unstored[],
): Promise<void> {
  const keyed = unstored.filter(({ idempotencyKey }) => idempotencyKey !== null);
  const { keysPerRead } = MANAGED_LIMITS;
  for (let from = 0; from < keyed.length; from += keysPerRead) {
    const part = keyed.slice(from, from + keysPerRead);
    const keys = part.map(({ idempotencyKey: uuid }) => idempotencyKey(uuid ?? ""));
    const entries = await kv.getMany<Claim[]>(keys);
    for (const [i, entry] of entries.entries()) {
      const event = part[i];
      if (entry.versionstamp && !isClaim(entry.value)) noteDamage(kv, "claim", entry.key);
      if (event === undefined || !isClaim(entry.value)) continue;
      if (entry.value.eventId !== event.eventId) continue;
      const expireIn = entry.value.deadline - clock.now();
      if (expireIn <= 0) continue;
      const claim: Claim = event.rowId === null
        ? { ...entry.value, deadLettered: true }
        : { ...entry.value, eventId: event.rowId };
      await kv.atomic().check(entry).set(entry.key, claim, { expireIn }).commit();
    }
  }
}
