/** Examines the parts, and logs when their state changes. */

import { getLogger } from "@logtape/logtape";
import type { CheckHealth } from "./http/doors/health.ts";
import { countBuffered } from "./kv/counter.ts";
import type { Database } from "./store/database.ts";

const TIMEOUT_MS = 2_000;

const logger = getLogger(["sluice", "health"]);

/** Makes the function behind `/readyz`. The reasons are for the log: they name hosts and users. */
export function createCheckHealth(kv: Deno.Kv, database: Database): CheckHealth {
  let last = "";
  return async function checkHealth() {
    const [kvState, postgres] = await Promise.all([
      countBuffered(kv).then(() => null, (error) => String(error)),
      database.ping(TIMEOUT_MS),
    ]);
    const healthy = kvState === null && postgres === null;
    const state = `KV ${kvState ?? "ok"}, Postgres ${postgres ?? "ok"}`;
    if (state !== last) logger[healthy ? "info" : "warn"]("Health: {state}", { state });
    last = state;
    return { kv: kvState, postgres };
  };
}
