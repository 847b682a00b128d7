/** Corrects the claims in KV of events that did not become rows (contract 2.3). */

import type { Clock } from "../clock.ts";
import type { Unstored } from "../events/sink.ts";
import { type Claim, isClaim } from "../kv/claim.ts";
import { setCorrection } from "../kv/correction.ts";
import { noteDamage } from "../kv/damage.ts";
import { idempotencyKey } from "../kv/keys.ts";
import { MANAGED_LIMITS } from "../kv/limits.ts";
import type { Kv, KvEntryMaybe } from "../kv/port.ts";

/** Options of `correctClaims`. */
export interface CorrectClaimsOptions {
  readonly kv: Kv;
  readonly clock: Pick<Clock, "now">;
  /** How long a key is claimed (`IDEMPOTENCY_TTL_SECONDS`). */
  readonly idempotencyTtlMs: number;
}

/**
 * Makes each claim name the row that its key already has, or none if the event is a dead letter. Must be
 * done before the events leave the buffer, while a replay still gets `null`; repeating it changes nothing.
 * A claim held by a newer event is left alone.
 */
export async function correctClaims(
  options: CorrectClaimsOptions,
  unstored: readonly Unstored[],
): Promise<void> {
  const keyed = unstored.filter(({ idempotencyKey }) => idempotencyKey !== null);
  const { keysPerRead } = MANAGED_LIMITS;
  for (let from = 0; from < keyed.length; from += keysPerRead) {
    await correctTogether(options, keyed.slice(from, from + keysPerRead));
  }
}

async function correctTogether(
  options: CorrectClaimsOptions,
  events: readonly Unstored[],
): Promise<void> {
  const { kv, clock, idempotencyTtlMs: ttlMs } = options;
  const keys = events.map(({ idempotencyKey: uuid }) => idempotencyKey(uuid ?? ""));
  const entries = await kv.getMany<unknown[]>(keys);
  const logged = kv.atomic();
  let isLogged = false;
  for (const [i, event] of events.entries()) {
    const entry = entries[i];
    if (entry?.versionstamp && !isClaim(entry.value)) noteDamage(kv, "claim", entry.key);
    if (isClaim(entry?.value) && entry.value.eventId === event.eventId) {
      await correctOwn(options, entry as KvEntryMaybe<Claim> & { value: Claim }, event);
      continue;
    }
    const { eventId, rowId } = event;
    const claim = { eventId, idempotencyKey: event.idempotencyKey ?? "" };
    const correction = rowId === null
      ? { kind: "dead" as const }
      : { kind: "row" as const, eventId: rowId };
    setCorrection(logged, claim, correction, { now: clock.now(), ttlMs });
    isLogged = true;
  }
  if (isLogged) await logged.commit();
}

/** Corrects a claim that is a key of its own and not in the log. */
async function correctOwn(
  { kv, clock }: CorrectClaimsOptions,
  entry: KvEntryMaybe<Claim> & { value: Claim },
  { rowId }: Unstored,
): Promise<void> {
  const expireIn = entry.value.deadline - clock.now();
  if (expireIn <= 0) return;
  const claim: Claim = rowId === null
    ? { ...entry.value, deadLettered: true }
    : { ...entry.value, eventId: rowId };
  await kv.atomic().check(entry).set(entry.key, claim, { expireIn }).commit();
}
