/** Checks the options of `createAnalytics`, and fills in what is not said. */

import { safely } from "./page.ts";
import type { AnalyticsOptions } from "./types.ts";

/** Options, checked. */
export interface Settings extends Omit<AnalyticsOptions, "url"> {
  /** Where the service is, absolute and without a slash at the end. */
  readonly base: string;
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
 * @param here what a relative `url` is relative to
 * @throws {TypeError} naming the option, what it takes and what it was
 */
export function checkOptions({ url, ...options }: AnalyticsOptions, here: string): Settings {
  const base = safely(() => new URL(url || "x:", here).href.replace(/\/*([?#].*)?$/, "")) ?? "";
  if (!/^https?:/.test(base)) refuse("url", "a URL like https://a.example", url);
  const numbers = { ...NUMBERS };
  let name: keyof typeof NUMBERS;
  for (name in NUMBERS) {
    const value = numbers[name] = options[name] ?? NUMBERS[name];
    if (!(value >= 1)) refuse(name, "at least 1", value);
  }
  return { ...options, ...numbers, base };
}

function refuse(name: string, takes: string, value: unknown): never {
  throw new TypeError(`${name} must be ${takes}: it is ${value}`);
}
