/**
 * Damaged values that this process has found in KV (contract 8.17). Segments and outbox records are set
 * aside and counted there.
 */

import { getLogger } from "@logtape/logtape";
import type { Kv, KvKey } from "./port.ts";

/** What can be damaged, apart from segments and outbox records. */
export const DAMAGE_KINDS = [
  "format",
  "counter",
  "baseline",
  "lease",
  "claim",
  "claim_log",
  "context",
  "failing_note",
  "set_aside_note",
  "rejection",
  "api_key",
] as const;

/** The kind of a damaged value. */
export type DamageKind = typeof DAMAGE_KINDS[number];

/** Of one KV: some damage is found before there is anything that could be told of it. */
interface Found {
  readonly kinds: DamageKind[];
  readonly known: Set<string>;
  observe: (kind: DamageKind) => void;
}

/** Of a great many damaged values, the first are logged and counted. */
const MAX_FOUND = 10_000;

const logger = getLogger(["sluice", "kv"]);
const byKv = new WeakMap<Kv, Found>();

function foundIn(kv: Kv): Found {
  const found = byKv.get(kv) ?? { kinds: [], known: new Set(), observe: () => {} };
  byKv.set(kv, found);
  return found;
}

/** Notes that a value was damaged and was replaced, which the caller logs. */
export function noteRepaired(kv: Kv, kind: DamageKind): void {
  const { kinds, observe } = foundIn(kv);
  if (kinds.length >= MAX_FOUND) return;
  kinds.push(kind);
  observe(kind);
}

/** Notes a damaged value that counts as absent, and logs it; once, however often it is read. */
export function noteDamage(kv: Kv, kind: DamageKind, key: KvKey): void {
  const { known } = foundIn(kv);
  const id = key.join("/");
  if (known.has(id) || known.size >= MAX_FOUND) return;
  known.add(id);
  logger.warn("A value in KV is damaged and counts as absent: {kind}", { kind });
  noteRepaired(kv, kind);
}

/** The number of damaged values that this process has found. */
export function countDamage(kv: Kv): number {
  return foundIn(kv).kinds.length;
}

/** Makes what is found in a KV and in one that wraps it the same. */
export function shareDamage(kv: Kv, wrapper: Kv): void {
  byKv.set(wrapper, foundIn(kv));
}

/** Calls `observe` for each damaged value, those found before included. */
export function observeDamage(kv: Kv, observe: (kind: DamageKind) => void): void {
  const found = foundIn(kv);
  found.observe = observe;
  for (const kind of found.kinds) observe(kind);
}
