/**
 * The health check of the container: exits with 1 if the service should get no more events.
 *
 * That is `down` or `stopping` at `/readyz`, or no response. `degraded` is healthy here, as events are
 * still accepted: orchestrators replace what is unhealthy, which would not bring Postgres back and
 * might delete the buffer.
 */

import { printError, printLine } from "./terminal.ts";

/** Settings that say where the service listens. */
export interface ListenSettings {
  readonly HOST?: string | undefined;
  readonly PORT?: string | undefined;
}

/** What a health check found. */
export interface Verdict {
  readonly isHealthy: boolean;
  /** The response of `/readyz`, or why there is none. */
  readonly text: string;
}

const DEFAULT_PORT = "3000";
const ALL_ADDRESSES: readonly string[] = ["", "0.0.0.0", "::"];
const TIMEOUT_MS = 4_000;

/** Where `/readyz` is, seen from the same machine. */
export function readyzUrl({ HOST = "", PORT }: ListenSettings): string {
  const host = ALL_ADDRESSES.includes(HOST) ? "127.0.0.1" : HOST;
  return `http://${host.includes(":") ? `[${host}]` : host}:${PORT || DEFAULT_PORT}/readyz`;
}

/** Asks `/readyz`. */
export async function checkHealth(url: string): Promise<Verdict> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return { isHealthy: ["ok", "degraded"].includes(JSON.parse(text).status), text };
  } catch (error) {
    return { isHealthy: false, text: `No response of ${url}: ${error}` };
  }
}

if (import.meta.main) {
  const { HOST, PORT } = { HOST: Deno.env.get("HOST"), PORT: Deno.env.get("PORT") };
  const { isHealthy, text } = await checkHealth(readyzUrl({ HOST, PORT }));
  (isHealthy ? printLine : printError)(text);
  Deno.exit(isHealthy ? 0 : 1);
}
