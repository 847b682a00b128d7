/**
 * Limit of `batch` and `remote`: bare `kv.atomic()` commits in a loop, each with its events packed as
 * segments and, per event, a check and a set of one dedup key that begins with the time. No HTTP, no JSON,
 * no rules.
 */

import { pack } from "../../../src/kv/segment.ts";
import { segmentLines } from "../buffer.ts";
import { serveRequests } from "../subprocess.ts";
import { newId } from "../../support/ids.ts";

const TTL_MS = 60_000;

/** How long to run, on which KV, with commits of how many events, and how many of them at once. */
export interface BareKvRequest {
  readonly path: string;
  readonly eventsPerCommit: number;
  readonly inFlight: number;
  readonly seconds: number;
}

async function run({ path, eventsPerCommit, inFlight, seconds }: BareKvRequest): Promise<number> {
  using kv = await Deno.openKv(path);
  const segments = pack(segmentLines(0, eventsPerCommit));
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  let events = 0;

  async function commit(): Promise<void> {
    const now = Date.now();
    const operation = kv.atomic();
    for (const { bytes } of segments) {
      operation.set(["backlog", now, newId()], bytes); // sorts before the small keys, as in the service
    }
    for (let i = 0; i < eventsPerCommit; i++) {
      const hash = crypto.getRandomValues(new Uint8Array(16));
      const key = ["dedupe", Math.round(now / 1000), hash];
      operation.check({ key, versionstamp: null }).set(key, now + TTL_MS, { expireIn: TTL_MS });
    }
    const { ok } = await operation.commit();
    if (!ok) throw new Error("A commit failed its check");
    events += eventsPerCommit;
  }
  async function loop(): Promise<void> {
    while (elapsedMs() < seconds * 1000) await commit();
  }
  await Promise.all(Array.from({ length: inFlight }, loop));
  return events / elapsedMs() * 1000;
}

if (import.meta.main) await serveRequests<BareKvRequest, number>(run);
