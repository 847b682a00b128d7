/** Corrects the claims of idempotency keys whose events are not in Postgres any more (contract 2.3). */

import { isUuid } from "../events/unreadable.ts";
import type { Claim } from "../kv/claim.ts";
import { segmentKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import type { Database } from "../store/database.ts";
import { readKeysWithoutRow } from "../store/reflush.ts";
import { type HeldKey, listHeldKeys } from "./held_keys.ts";

/** Options of `correctLostClaims`. */
export interface CorrectLostClaimsOptions {
  readonly kv: Kv;
  readonly database: Database;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How long a key is claimed (`IDEMPOTENCY_TTL_SECONDS`). */
  readonly idempotencyTtlMs: number;
  readonly stop: AbortSignal;
}

const CLAIMS_TOGETHER = 500;

/**
 * Goes through the claims in KV, so that no replay is answered with the id of an event that is neither
 * buffered nor a row. A key that Postgres lost as well is free again: an event that is sent again under
 * it is stored. If Postgres has the key, and its event was deleted, replays get no id.
 *
 * @returns how many claims were corrected
 */
export async function correctLostClaims(options: CorrectLostClaimsOptions): Promise<number> {
  const { kv, idempotencyTtlMs, now, stop } = options;
  let corrected = 0;
  let together: HeldKey[] = [];
  for await (const held of listHeldKeys(kv, { now, ttlMs: idempotencyTtlMs })) {
    if (stop.aborted) return corrected;
    if (!isUuid(held.key) || held.claim.deadLettered) continue;
    if (together.push(held) < CLAIMS_TOGETHER) continue;
    corrected += await correctTogether(options, together);
    together = [];
  }
  return corrected + await correctTogether(options, together);
}

async function correctTogether(
  { kv, database }: CorrectLostClaimsOptions,
  together: readonly HeldKey[],
): Promise<number> {
  const held = Map.groupBy(together, ({ key }) => key);
  const candidates = await findWithoutRow(database, [...held.keys()]);
  const left: HeldKey[] = [];
  for (const { key } of candidates) {
    for (const one of held.get(key) ?? []) if (!await isBuffered(kv, one.claim)) left.push(one);
  }
  let corrected = 0;
  // Read again: an event that was buffered may have become a row before its segment was looked for.
  const lost = await findWithoutRow(database, [...new Set(left.map(({ key }) => key))]);
  const isStored = new Map(lost.map(({ key, is_stored }) => [key, is_stored]));
  for (const one of left) {
    const stored = isStored.get(one.key);
    if (stored !== undefined && await one.correct(stored ? "dead" : "void")) corrected += 1;
  }
  return corrected;
}

async function findWithoutRow(database: Database, keys: readonly string[]) {
  if (keys.length === 0) return [];
  return await database.run((sql) => readKeysWithoutRow(sql, keys));
}

async function isBuffered(kv: Kv, { segment }: Claim): Promise<boolean> {
  return (await kv.get(segmentKey(segment))).value !== null;
}
