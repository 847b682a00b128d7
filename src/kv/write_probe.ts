/** Finds out whether KV can be written to: a full or read-only disk can still be read. */

import type { Clock } from "../clock.ts";
import { HEALTH_PROBE } from "./keys.ts";
import type { Kv } from "./port.ts";

/** A commit that succeeded says enough for this long. */
const VALID_MS = 10_000;

/** Creates the probe: it writes at most every ten seconds while that works. Returns `null`, or why it failed. */
export function createWriteProbe(
  kv: Kv,
  clock: Pick<Clock, "now" | "monotonic">,
): () => Promise<string | null> {
  let writtenAt = -Infinity;
  return async function probeWrite() {
    if (clock.monotonic() - writtenAt < VALID_MS) return null;
    try {
      await kv.atomic().set(HEALTH_PROBE, clock.now()).commit();
      writtenAt = clock.monotonic();
      return null;
    } catch (error) {
      return String(error);
    }
  };
}
