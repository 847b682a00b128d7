/**
 * Recomputes counters that are damaged. A commit that adds to one fails, so nothing moves it meanwhile,
 * and no other commit changes what it has to be: one equation has it as its only unknown. If several of
 * one equation are damaged, what can be counted is, and the baseline of the rows is taken anew.
 */

import { getLogger } from "@logtape/logtape";
import { type Counter, COUNTERS, readCounter } from "./counter.ts";
import { noteRepaired } from "./damage.ts";
import { counterKey, RECONCILIATION_BASELINE, SEGMENTS, SET_ASIDE_NOTES } from "./keys.ts";
import { type Kv, toU64 } from "./port.ts";
import { estimateEvents, readNote } from "./set_aside.ts";

/** Each total, and its parts; of several parts that are damaged, the first gets what is left. */
const EQUATIONS: readonly (readonly [Counter, readonly Counter[]])[] = [
  ["accepted", ["stored", "replays", "dead_letters", "set_aside", "buffered"]],
  ["not_accepted", ["rejected", "duplicates"]],
];
const ATTEMPTS = 10;

const logger = getLogger(["sluice", "kv"]);

/** Whether a commit failed because a counter is none. */
export function saysNoCounter(error: unknown): boolean {
  return error instanceof Error && /'sum' mutation on a non-U64 value/.test(error.message);
}

/** Recomputes every counter that is damaged. @returns how many were */
export async function repairCounters(kv: Kv): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const entries = await kv.getMany<unknown[]>(COUNTERS.map(counterKey));
    const values = new Map(COUNTERS.map((name, i) => [name, readCounter(entries[i])]));
    distrustNegative(values);
    // A drain may change it faster than segments can be counted.
    if (attempt < ATTEMPTS / 2) distrustBuffered(values);
    const damaged = COUNTERS.filter((name) => values.get(name) === null);
    if (damaged.length === 0) return 0;
    const repaired = await recompute(kv, values);
    const operation = kv.atomic();
    for (const [i, name] of COUNTERS.entries()) {
      const entry = entries[i];
      if (!damaged.includes(name) || entry === undefined) continue;
      operation.check(entry).set(entry.key, toU64(repaired.get(name) ?? 0));
    }
    // Without `stored` and the total there is no telling how many rows are this KV's.
    const isBaselineLost = damaged.includes("stored") && damaged.includes("accepted");
    if (isBaselineLost) operation.delete(RECONCILIATION_BASELINE);
    if (!(await operation.commit()).ok) continue;
    for (const [i, name] of COUNTERS.entries()) {
      if (!damaged.includes(name) || readCounter(entries[i]) === repaired.get(name)) continue;
      noteRepaired(kv, "counter");
      logger.error("The counter {name} in KV was damaged and is recomputed: {value}", {
        name,
        value: repaired.get(name),
      });
    }
    return damaged.length;
  }
  return 0;
}

/**
 * Takes negative values for damaged. Alone, these two may be: they are too low while events could not be
 * counted, or because some were lost, which reconciliation has to show.
 */
function distrustNegative(values: Map<Counter, number | null>): void {
  const negative = COUNTERS.filter((name) => (values.get(name) ?? 0) < 0);
  const certain = negative.filter((name) => name !== "buffered" && name !== "set_aside");
  const isAnyDamaged = certain.length > 0 || COUNTERS.some((name) => values.get(name) === null);
  for (const name of isAnyDamaged ? negative : certain) values.set(name, null);
}

/** Events that could not be accepted were added to it, if `accepted` is damaged (see `addAccepted`). */
function distrustBuffered(values: Map<Counter, number | null>): void {
  if (values.get("accepted") === null) values.set("buffered", null);
}

/** The values of all counters, without gaps. */
async function recompute(
  kv: Kv,
  values: ReadonlyMap<Counter, number | null>,
): Promise<Map<Counter, number>> {
  const repaired = new Map<Counter, number>();
  for (const [total, parts] of EQUATIONS) {
    const known = values.get(total) ?? null;
    const [unknown, ...others] = parts.filter((name) => values.get(name) === null);
    let sum = 0;
    for (const name of parts) {
      if (name === unknown) continue;
      const value = others.includes(name) ? await count(kv, name) : values.get(name) ?? 0;
      repaired.set(name, value);
      sum += value;
    }
    if (unknown !== undefined) {
      const rest = known === null ? await count(kv, unknown) : Math.max(0, known - sum);
      repaired.set(unknown, rest);
      sum += rest;
    }
    repaired.set(total, known ?? sum);
  }
  return repaired;
}

/** Counts the events of those counters that can be. */
async function count(kv: Kv, name: Counter): Promise<number> {
  let sum = 0;
  if (name === "buffered") {
    for await (const { value } of kv.list<unknown>({ prefix: SEGMENTS }, { batchSize: 8 })) {
      sum += estimateEvents(value);
    }
  }
  if (name === "set_aside") {
    for await (const { value } of kv.list<unknown>({ prefix: SET_ASIDE_NOTES })) {
      sum += readNote(value)?.events ?? 0;
    }
  }
  return sum;
}
