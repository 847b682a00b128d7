/** `GET /livez` and `GET /readyz`. */

import type { Context as HonoContext } from "hono";
import { VERSION } from "../../version.ts";
import type { HttpEnv } from "../env.ts";

/** A part of the service that `/readyz` reports on. */
export type HealthPart = "kv" | "postgres" | "flush" | "enrichment";

/** The state of a part, and why it is not `ok`. */
export type PartHealth =
  | { readonly state: "ok"; readonly reason: null }
  | {
    readonly state: "starting" | "failing" | "full";
    /** For the log and admins: may name hosts and users. */
    readonly reason: string;
    readonly publicReason: string;
  };

/** The state of each part. */
export type Health = Readonly<Record<HealthPart, PartHealth>>;

/** Checks all parts. */
export type CheckHealth = () => Promise<Health>;

/** Nothing is checked: load balancers have to learn it although KV hangs (contract 11.14). */
const STOPPING = {
  status: "stopping",
  kv: "not checked",
  postgres: "not checked",
  flush: "not checked",
  enrichment: "not checked",
};

const KV_SUSPECT = "kv_stores has a store that was empty although Postgres had rows";

/** 200 while the process is up, with its version. */
export function livez(c: HonoContext<HttpEnv>): Response {
  return c.json({ status: "ok", version: VERSION });
}

/**
 * 200 if KV and Postgres can be written to, and flushing and enrichment make progress; else 503, with the
 * status `degraded` (tracking continues), `down`, or `stopping` (requests are served for the grace period).
 */
export function readyzRoute(
  check: CheckHealth,
  isStopping: () => boolean,
  isKvSuspect: () => boolean,
) {
  return async function readyz(c: HonoContext<HttpEnv>): Promise<Response> {
    if (isStopping()) return c.json(STOPPING, 503);
    const health = await check();
    const { kv, postgres, flush, enrichment } = health;
    const isReady = Object.values(health).every(({ state }) => state === "ok");
    const status = isReady
      ? "ok"
      : kv.state === "failing" || kv.state === "full"
      ? "down"
      : "degraded";
    const body = {
      status,
      kv: describe(kv),
      postgres: describe(postgres),
      flush: describe(flush),
      enrichment: describe(enrichment),
      ...(isKvSuspect() ? { notice: KV_SUSPECT } : {}),
    };
    return c.json(body, isReady ? 200 : 503);
  };
}

function describe(part: PartHealth): string {
  return part.state === "ok" ? "ok" : part.publicReason;
}
