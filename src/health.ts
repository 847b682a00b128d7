/** Examines the parts, and logs when their state changes. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "./clock.ts";
import { KIND } from "./enrichment/outbox.ts";
import { type CheckHealth, READING } from "./http/routes/health.ts";
import { countBuffered } from "./kv/counter.ts";
import { outbox, SEGMENTS } from "./kv/keys.ts";
import type { Kv, KvKey } from "./kv/port.ts";
import type { Database } from "./store/database.ts";

/** What health is judged by. */
export interface HealthOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "ping">;
  readonly clock: Pick<Clock, "monotonic">;
  /** Whether the buffer still reads what it has to know before its first commit. */
  readonly isOpening: () => boolean;
  readonly enableEnrichment: boolean;
  /** Work that is not taken up for so long is a standstill. */
  readonly standstillMs: number;
}

const TIMEOUT_MS = 2_000;

const logger = getLogger(["sluice", "health"]);

/**
 * Makes the function behind `/readyz`. The reasons are for the log: they name hosts and users.
 *
 * The oldest segment, or outbox record, of a service that makes progress is another one each time:
 * whichever process of several works on it. One that stays the oldest for too long is not worked on.
 */
export function createCheckHealth(options: HealthOptions): CheckHealth {
  const { kv, database, clock, standstillMs, isOpening } = options;
  const buffer = watchOldest(SEGMENTS);
  const records = watchOldest(outbox(KIND));
  let last = "";

  function watchOldest(prefix: KvKey): () => Promise<string | null> {
    let oldest: unknown = null;
    let since = 0;
    return async function look() {
      let now: unknown = null;
      for await (const { key } of kv.list({ prefix }, { limit: 1 })) now = key[prefix.length];
      if (now !== oldest) since = clock.monotonic();
      oldest = now;
      const ms = clock.monotonic() - since;
      return now === null || ms < standstillMs
        ? null
        : `no progress for ${Math.round(ms / 1000)} s`;
    };
  }

  return async function checkHealth() {
    const [[kvState, flush, enrichment], postgres] = await Promise.all([
      Promise.all([countBuffered(kv), buffer(), options.enableEnrichment ? records() : null])
        .then(([_, ...states]) => [null, ...states], (error) => [String(error), null, null]),
      database.ping(TIMEOUT_MS),
    ]);
    const health = {
      kv: kvState ?? (isOpening() ? READING : null),
      postgres,
      flush: flush ?? null,
      enrichment: enrichment ?? null,
    };
    const state = Object.entries(health).map(([part, why]) => `${part} ${why ?? "ok"}`).join(", ");
    const healthy = Object.values(health).every((why) => why === null);
    if (state !== last) logger[healthy ? "info" : "warn"]("Health: {state}", { state });
    last = state;
    return health;
  };
}
