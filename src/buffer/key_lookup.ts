/** Looks up the claims of idempotency keys in the log, and what became of their events. */

import { type Claim, isClaim } from "../kv/claim.ts";
import { applyCorrection } from "../kv/correction.ts";
import { noteDamage } from "../kv/damage.ts";
import { KeyEntry } from "../kv/key_entry.ts";
import { correctionKey, idempotencyKey, keyLogKey } from "../kv/keys.ts";
import type { Kv, KvEntryMaybe, KvKey } from "../kv/port.ts";
import type { KeyLog } from "./key_log.ts";

/** Options of a lookup. */
export interface KeyLookupOptions {
  readonly kv: Kv;
  readonly log: KeyLog;
  readonly idempotencyTtlMs: number;
  readonly keysPerRead: number;
}

/** A key, and the event that claims it: its own claim is found whatever its deadline. */
export interface Lookup {
  readonly key: string;
  readonly eventId: string | null;
}

/** A claim, and whether it is in the log, so that a correction may concern it. */
interface Candidate {
  readonly key: string;
  readonly claim: Claim;
  readonly isLogged: boolean;
}

/**
 * Finds the newest claim of each key that holds at `now` (epoch milliseconds), `null` where there is none.
 *
 * @param before awaited with each claim that may be returned, before it is read what became of its event:
 * a flush says that first, and then removes the segment
 */
export async function findClaims(
  options: KeyLookupOptions,
  lookups: readonly Lookup[],
  now: number,
  before: (claim: Claim) => Promise<unknown>,
): Promise<(Claim | null)[]> {
  const found = await readCandidates(options, lookups, now);
  await Promise.all(found.flat().map(({ claim }) => before(claim)));
  return await correct(options, found);
}

/** Finds the claim of a key, also in entries that this process has not read yet. */
export async function findClaim(
  options: KeyLookupOptions,
  key: string,
  now: number,
): Promise<Claim | null> {
  const newer: Candidate[] = [];
  for await (const value of options.log.newer()) {
    const claim = claimIn(KeyEntry.read(value), key, options);
    if (claim !== null && now < claim.deadline) newer.push({ key, claim, isLogged: true });
  }
  const [known = []] = await readCandidates(options, [{ key, eventId: null }], now);
  const [claim = null] = await correct(options, [[...newer, ...known]]);
  return claim;
}

async function readCandidates(
  options: KeyLookupOptions,
  lookups: readonly Lookup[],
  now: number,
): Promise<Candidate[][]> {
  const { log } = options;
  const places = lookups.map(({ key }) => log.placesOf(key));
  const numbers = [...new Set(places.flatMap(({ entries }) => entries))];
  const own = lookups.filter((_, i) => places[i]?.isOwn).map(({ key }) => key);
  const read = await readAll(options, [...numbers.map(keyLogKey), ...own.map(idempotencyKey)]);
  const entries = new Map(numbers.map((number, i) => [number, readEntry(options, read[i])]));
  const claims = new Map(own.map((key, i) => [key, read[numbers.length + i]?.value]));
  return lookups.map(({ key, eventId }, i) => {
    const candidates: Candidate[] = [];
    for (const number of places[i]?.entries ?? []) {
      const claim = claimIn(entries.get(number) ?? null, key, options);
      if (claim !== null) candidates.push({ key, claim, isLogged: true });
    }
    const claim = claims.get(key);
    if (isClaim(claim)) candidates.push({ key, claim, isLogged: false });
    return candidates.filter(({ claim }) => now < claim.deadline || claim.eventId === eventId);
  });
}

/** Reads an entry, `null` where it has expired or is damaged. */
function readEntry(
  { kv }: KeyLookupOptions,
  read: KvEntryMaybe<unknown> | undefined,
): KeyEntry | null {
  const entry = KeyEntry.read(read?.value);
  if (entry === null && read?.versionstamp) noteDamage(kv, "claim_log", read.key);
  return entry;
}

/** A claim in an entry. It ends earlier if `IDEMPOTENCY_TTL_SECONDS` was made shorter, as its correction does. */
function claimIn(
  entry: KeyEntry | null,
  key: string,
  { idempotencyTtlMs }: KeyLookupOptions,
): Claim | null {
  const claim = entry?.find(key) ?? null;
  if (entry === null || claim === null) return null;
  return { ...claim, deadline: Math.min(entry.deadline, entry.at + idempotencyTtlMs) };
}

async function correct(
  options: KeyLookupOptions,
  found: readonly Candidate[][],
): Promise<(Claim | null)[]> {
  const logged = found.flat().filter(({ isLogged }) => isLogged);
  const corrections = await readAll(
    options,
    logged.map(({ key, claim }) => correctionKey(claim.eventId, key)),
  );
  const byCandidate = new Map(logged.map((candidate, i) => [candidate, corrections[i]]));
  return found.map((candidates) => {
    for (const candidate of candidates) {
      const correction = byCandidate.get(candidate);
      const claim = correction === undefined
        ? candidate.claim
        : applyCorrection(options.kv, candidate.claim, correction);
      if (claim !== null) return claim;
    }
    return null;
  });
}

async function readAll(
  { kv, keysPerRead }: KeyLookupOptions,
  keys: readonly KvKey[],
): Promise<KvEntryMaybe<unknown>[]> {
  const reads: Promise<KvEntryMaybe<unknown>[]>[] = [];
  for (let from = 0; from < keys.length; from += keysPerRead) {
    reads.push(kv.getMany<unknown[]>(keys.slice(from, from + keysPerRead)));
  }
  return (await Promise.all(reads)).flat();
}
