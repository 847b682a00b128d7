/** Corrects the claims of idempotency keys whose events are not in Postgres any more (contract 2.3). */

import { isUuid } from "../events/unreadable.ts";
import { type Claim, isClaim } from "../kv/claim.ts";
import { IDEMPOTENCY, segmentKey } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import type { Database } from "../store/database.ts";
import { readKeysWithoutRow } from "../store/reflush.ts";

/** Options of `correctLostClaims`. */
export interface CorrectLostClaimsOptions {
  readonly kv: Kv;
  readonly database: Database;
  /** Epoch milliseconds. */
  readonly now: () => number;
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
  const { kv, stop } = options;
  let corrected = 0;
  let together: KvEntry<Claim>[] = [];
  for await (const entry of kv.list<Claim>({ prefix: IDEMPOTENCY })) {
    if (stop.aborted) return corrected;
    if (together.push(entry) < CLAIMS_TOGETHER) continue;
    corrected += await correctTogether(options, together);
    together = [];
  }
  return corrected + await correctTogether(options, together);
}

async function correctTogether(
  { kv, database, now }: CorrectLostClaimsOptions,
  entries: readonly KvEntry<Claim>[],
): Promise<number> {
  const claims = new Map(
    entries
      .filter((entry) => isUuid(keyOf(entry)) && isClaim(entry.value) && !entry.value.deadLettered)
      .map((entry) => [keyOf(entry), entry]),
  );
  const candidates = await findWithoutRow(database, [...claims.keys()]);
  const left: string[] = [];
  for (const { key } of candidates) {
    const claim = claims.get(key);
    if (claim !== undefined && !await isBuffered(kv, claim)) left.push(key);
  }
  let corrected = 0;
  // Read again: an event that was buffered may have become a row before its segment was looked for.
  for (const { key, is_stored } of await findWithoutRow(database, left)) {
    const claim = claims.get(key);
    if (claim === undefined) continue;
    const expireIn = claim.value.deadline - now();
    const operation = kv.atomic().check(claim);
    if (!is_stored || expireIn <= 0) operation.delete(claim.key);
    else operation.set(claim.key, { ...claim.value, deadLettered: true }, { expireIn });
    if ((await operation.commit()).ok) corrected += 1;
  }
  return corrected;
}

async function findWithoutRow(database: Database, keys: readonly string[]) {
  if (keys.length === 0) return [];
  return await database.run((sql) => readKeysWithoutRow(sql, keys));
}

async function isBuffered(kv: Kv, { value }: KvEntry<Claim>): Promise<boolean> {
  return (await kv.get(segmentKey(value.segment))).value !== null;
}

function keyOf({ key }: KvEntry<Claim>): string {
  return String(key[IDEMPOTENCY.length]).toLowerCase();
}
