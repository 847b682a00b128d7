/** Goes through the idempotency keys that are claimed in KV: in the log of claims, or by keys of their own. */

import { type Claim, isClaim } from "../kv/claim.ts";
import { applyCorrection, setCorrection } from "../kv/correction.ts";
import { KeyEntry } from "../kv/key_entry.ts";
import { correctionKey, IDEMPOTENCY, KEY_LOG } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";

/** A claimed key. */
export interface HeldKey {
  /** In lower case. */
  readonly key: string;
  /** The claim, as corrected. */
  readonly claim: Claim;
  /**
   * Corrects the claim: `dead`, its event has no row; `void`, the key is free. @returns false if it has
   * changed since it was read
   */
  readonly correct: (kind: "dead" | "void") => Promise<boolean>;
}

/** The time, and how long a key is claimed. */
export interface HeldKeysOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly ttlMs: number;
}

const KEYS_PER_READ = 10;

/** Lists the claims in the log, and then those that are keys. */
export async function* listHeldKeys(kv: Kv, options: HeldKeysOptions): AsyncGenerator<HeldKey> {
  for await (const { value } of kv.list<unknown>({ prefix: KEY_LOG })) {
    const entry = KeyEntry.read(value);
    if (entry !== null && options.now() < entry.deadline) yield* readEntry(kv, entry, options);
  }
  for await (const entry of kv.list<unknown>({ prefix: IDEMPOTENCY })) {
    if (isClaim(entry.value)) yield ownClaim(kv, entry as KvEntry<Claim>, options);
  }
}

async function* readEntry(
  kv: Kv,
  entry: KeyEntry,
  { now, ttlMs }: HeldKeysOptions,
): AsyncGenerator<HeldKey> {
  const claims = [...entry.claims()];
  for (let from = 0; from < claims.length; from += KEYS_PER_READ) {
    const part = claims.slice(from, from + KEYS_PER_READ);
    const keys = part.map(({ key, claim }) => correctionKey(claim.eventId, key));
    const corrections = await kv.getMany<unknown[]>(keys);
    for (const [i, correction] of corrections.entries()) {
      const { key = "", claim: logged } = part[i] ?? {};
      if (logged === undefined) continue;
      const claim = applyCorrection(kv, logged, correction);
      if (claim === null) continue; // the key is free already
      yield {
        key,
        claim,
        async correct(kind) {
          const operation = kv.atomic().check(correction);
          const { eventId } = logged;
          setCorrection(operation, { eventId, idempotencyKey: key }, { kind }, {
            now: now(),
            ttlMs,
          });
          return (await operation.commit()).ok;
        },
      };
    }
  }
}

function ownClaim(kv: Kv, entry: KvEntry<Claim>, { now }: HeldKeysOptions): HeldKey {
  return {
    key: String(entry.key[IDEMPOTENCY.length]).toLowerCase(),
    claim: entry.value,
    async correct(kind) {
      const expireIn = entry.value.deadline - now();
      const operation = kv.atomic().check(entry);
      if (kind === "void" || expireIn <= 0) operation.delete(entry.key);
      else operation.set(entry.key, { ...entry.value, deadLettered: true }, { expireIn });
      return (await operation.commit()).ok;
    },
  };
}
