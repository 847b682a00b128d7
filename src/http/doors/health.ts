/** `GET /livez` and `GET /readyz`. */

import type { Context as HonoContext } from "hono";
import type { HttpEnv } from "../env.ts";

/** The state of the parts: `null` for one that answers, else the reason why it does not. */
export interface Health {
  readonly kv: string | null;
  readonly postgres: string | null;
}

/** Examines the parts. */
export type CheckHealth = () => Promise<Health>;

/** The process is up. */
export function livez(c: HonoContext<HttpEnv>): Response {
  return c.json({ status: "ok" });
}

/** 200 where KV and Postgres answer; else 503, `degraded` (tracking goes on) or `down`. */
export function readyzDoor(check: CheckHealth) {
  return async function readyz(c: HonoContext<HttpEnv>): Promise<Response> {
    const { kv, postgres } = await check();
    const status = kv !== null ? "down" : postgres !== null ? "degraded" : "ok";
    // The reasons name hosts and users; they are for the log.
    const word = (reason: string | null) => reason === null ? "ok" : "does not answer";
    const body = { status, kv: word(kv), postgres: word(postgres) };
    return c.json(body, status === "ok" ? 200 : 503);
  };
}
