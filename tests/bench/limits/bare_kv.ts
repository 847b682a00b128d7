/**
 * Limit of `batch`: bare `kv.atomic()` commits in a loop, each with its events packed as segments and, per
 * event, a check and a set of one dedup key that begins with the time. No HTTP, no JSON, no rules.
 */

import { MANAGED_LIMITS } from "../../../src/kv/limits.ts";
import { pack } from "../../../src/kv/segment.ts";
import { segmentLines } from "../buffer.ts";
import { serveRequests } from "../subprocess.ts";

const EVENTS_PER_COMMIT = MANAGED_LIMITS.groupSize;
const TTL_MS = 60_000;

/** How long to run, on which KV file. */
export interface BareKvRequest {
  readonly path: string;
  readonly seconds: number;
}

async function run({ path, seconds }: BareKvRequest): Promise<number> {
  using kv = await Deno.openKv(path);
  const segments = pack(segmentLines(0, EVENTS_PER_COMMIT));
  const startedAt = performance.now();
  let events = 0;
  let elapsedMs = 0;
  for (; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedAt) {
    const now = Date.now();
    const operation = kv.atomic();
    for (const [i, { bytes }] of segments.entries()) {
      operation.set(["backlog", now, events, i], bytes); // sorts before the small keys, as in the service
    }
    for (let i = 0; i < EVENTS_PER_COMMIT; i++) {
      const hash = crypto.getRandomValues(new Uint8Array(16));
      const key = ["dedupe", Math.round(now / 1000), hash];
      operation.check({ key, versionstamp: null }).set(key, now + TTL_MS, { expireIn: TTL_MS });
    }
    const { ok } = await operation.commit();
    if (!ok) throw new Error("A commit failed its check");
    events += EVENTS_PER_COMMIT;
  }
  return events / elapsedMs * 1000;
}

if (import.meta.main) await serveRequests<BareKvRequest, number>(run);
