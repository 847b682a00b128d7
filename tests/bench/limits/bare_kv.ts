/**
 * Limit of `batch`: a loop of bare `kv.atomic()`, each commit with its events packed as segments and, of each of its
 * events, a check and a set of one dedupe key that begins with the time. No HTTP, no JSON, no rules.
 */

import { MANAGED_LIMITS } from "../../../src/kv/limits.ts";
import { pack } from "../../../src/kv/segment.ts";
import { linesOf } from "../buffer.ts";
import { answerQuestions } from "../peer.ts";

const EVENTS_A_COMMIT = MANAGED_LIMITS.groupSize;
const TTL_MS = 60_000;

/** Seconds to run for, on a KV. */
export interface BareKvQuestion {
  readonly path: string;
  readonly seconds: number;
}

async function run({ path, seconds }: BareKvQuestion): Promise<number> {
  using kv = await Deno.openKv(path);
  const segments = pack(linesOf(0, EVENTS_A_COMMIT));
  const startedAt = performance.now();
  let events = 0;
  let elapsedMs = 0;
  for (; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedAt) {
    const now = Date.now();
    const operation = kv.atomic();
    for (const [i, { bytes }] of segments.entries()) {
      operation.set(["backlog", now, events, i], bytes); // before the small keys, as the service has it
    }
    for (let i = 0; i < EVENTS_A_COMMIT; i++) {
      const hash = crypto.getRandomValues(new Uint8Array(16));
      const key = ["dedupe", Math.round(now / 1000), hash];
      operation.check({ key, versionstamp: null }).set(key, now + TTL_MS, { expireIn: TTL_MS });
    }
    const { ok } = await operation.commit();
    if (!ok) throw new Error("A commit was refused");
    events += EVENTS_A_COMMIT;
  }
  return events / elapsedMs * 1000;
}

if (import.meta.main) await answerQuestions<BareKvQuestion, number>(run);
