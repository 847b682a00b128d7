/** Checks the options of `createAnalytics` and fills in the defaults. */

import { safely } from "./page.ts";
import type { AnalyticsOptions } from "./types.ts";

/** Checked options with defaults filled in. */
export interface Settings extends Omit<AnalyticsOptions, "url"> {
  /** The service's URL, absolute and without a trailing slash. */
  readonly _base: string;
  readonly batchSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueued: number;
  readonly sessionTimeoutMs: number;
}

const NUMBERS = {
  batchSize: 20,
  flushIntervalMs: 5_000,
  maxQueued: 1_000,
  sessionTimeoutMs: 1_800_000,
};

/**
 * Checks options.
 *
 * @param pageUrl what a relative `url` is resolved against, if anything
 * @throws {TypeError} naming the option, what it must be and what it was
 */
export function checkOptions({ url, ...options }: AnalyticsOptions, pageUrl?: string): Settings {
  const base = safely(() => new URL(url || "x:", pageUrl).href.replace(/\/*([?#].*)?$/, "")) ?? "";
  if (!/^https?:/.test(base)) throwFor("url", "an http(s) URL", url);
  const numbers: { [name in keyof typeof NUMBERS]?: number | undefined } = options;
  let name: keyof typeof NUMBERS;
  for (name in NUMBERS) {
    const value = numbers[name] ??= NUMBERS[name];
    if (!(value >= 1)) throwFor(name, "at least 1", value);
  }
  return { ...options, _base: base } as Settings;
}

function throwFor(name: string, expected: string, value: unknown): never {
  throw new TypeError(`${name} must be ${expected}, got ${value}`);
}
