/** `GET /livez` and `GET /readyz`. */

import type { Context as HonoContext } from "hono";
import type { HttpEnv } from "../env.ts";

/** The state of the parts: `null` for one that answers or works, else the reason why it does not. */
export interface Health {
  readonly kv: string | null;
  readonly postgres: string | null;
  readonly flush: string | null;
  readonly enrichment: string | null;
}

/** The reason of a KV that answers, while the buffer reads what it has to know before its first commit. */
export const READING = "reads what was buffered lately";

/** Examines the parts. */
export type CheckHealth = () => Promise<Health>;

/** The process is up. */
export function livez(c: HonoContext<HttpEnv>): Response {
  return c.json({ status: "ok" });
}

/**
 * 200 where KV and Postgres answer, and what there is to flush and to enrich is worked on; else 503,
 * `degraded` (tracking goes on) or `down`.
 */
export function readyzRoute(check: CheckHealth) {
  return async function readyz(c: HonoContext<HttpEnv>): Promise<Response> {
    const { kv, postgres, flush, enrichment } = await check();
    const degraded = [kv, postgres, flush, enrichment].some((reason) => reason !== null);
    const down = kv !== null && kv !== READING;
    const status = down ? "down" : degraded ? "degraded" : "ok";
    // The reasons of those that do not answer name hosts and users; they are for the log.
    const word = (reason: string | null) => reason === null ? "ok" : "does not answer";
    const body = {
      status,
      kv: kv === READING ? READING : word(kv),
      postgres: word(postgres),
      flush: flush ?? "ok",
      enrichment: enrichment ?? "ok",
    };
    return c.json(body, status === "ok" ? 200 : 503);
  };
}
