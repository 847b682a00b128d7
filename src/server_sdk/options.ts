/** Checks the options of `createSluice` and fills in the defaults. */

import { EVENT_SOURCES } from "../events/catalogue.ts";
import type { SluiceOptions } from "./types.ts";

/** Checked options with defaults filled in. */
export interface Settings {
  /** The URL of the batch endpoint. */
  readonly endpoint: string;
  readonly apiKey: string | null;
  readonly source: string;
  /** The folder of the spool; `null` for memory only. */
  readonly spool: string | null;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  readonly waits: boolean;
  readonly maxWaiting: number;
  readonly batchSize: number;
  readonly flushIntervalMs: number;
}

const MIB = 1024 * 1024;
/** Of a request (contract 3.1). */
const MAX_BATCH = 50;

/**
 * Checks options.
 *
 * @param defaultSpool the spool unless the options name one; `null` where there is no file system
 * @throws {TypeError} naming the option, what it takes and what it was
 */
export function checkOptions(options: SluiceOptions, defaultSpool: string | null): Settings {
  const { url, apiKey, source = "api", whenFull = "wait" } = options;
  const spool = checkSpool(options.spool ?? defaultSpool ?? false, defaultSpool !== null);
  const isOnDisk = spool !== null;
  // A header takes no other characters; the message must not repeat a secret.
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    throw new TypeError("apiKey must be an API key of the service, without spaces or line breaks");
  }
  if (whenFull !== "wait" && whenFull !== "reject") {
    throwFor("whenFull", '"wait" or "reject"', whenFull);
  }
  if (!Object.values(EVENT_SOURCES).includes(source)) {
    throwFor("source", "web, api, mobile, system or webhook", source);
  }
  return {
    endpoint: `${checkUrl(url)}/v1/events/batch`,
    apiKey: apiKey ?? null,
    source,
    spool,
    maxQueued: whole("maxQueued", options.maxQueued, isOnDisk ? 100_000 : 10_000),
    maxQueuedBytes: whole("maxQueuedBytes", options.maxQueuedBytes, (isOnDisk ? 256 : 16) * MIB),
    waits: whenFull === "wait",
    maxWaiting: whole("maxWaiting", options.maxWaiting, 1_000),
    batchSize: whole("batchSize", options.batchSize, MAX_BATCH, 1, MAX_BATCH),
    flushIntervalMs: whole("flushIntervalMs", options.flushIntervalMs, 200, 0, 3_600_000),
  };
}

function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throwFor("url", "a URL like https://events.example.com", url);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError("url must not contain a user or password: pass the key as apiKey");
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
}

function checkSpool(spool: unknown, hasFiles: boolean): string | null {
  if (spool === false) return null;
  if (typeof spool !== "string" || spool === "") throwFor("spool", "a folder or false", spool);
  if (!hasFiles) throwFor("spool", "false where there is no file system", spool);
  return spool;
}

function whole(
  name: string,
  value: number | undefined,
  fallback: number,
  min = 1,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throwFor(name, `a whole number ${range}`, value);
}

function throwFor(name: string, takes: string, value: unknown): never {
  throw new TypeError(`${name} must be ${takes}, got ${String(value)}`);
}
