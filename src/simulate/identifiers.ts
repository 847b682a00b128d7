/** Identifiers that start with the time, so that a second run with the same seed makes new ones. */

import type { Random } from "./random.ts";

/** Returns a version 7 UUID. */
export function makeUuid(random: Random, nowMs: number): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, "0");
  const variant = random.pick(["8", "9", "a", "b"]);
  return [
    time.slice(0, 8),
    time.slice(8, 12),
    `7${random.digits(3, 16)}`,
    `${variant}${random.digits(3, 16)}`,
    random.digits(12, 16),
  ].join("-");
}

/** Returns a CUID of 25 characters: `c`, the time, random characters. */
export function makeCuid(random: Random, nowMs: number): string {
  const time = Math.floor(nowMs).toString(36).padStart(8, "0");
  return `c${time}${random.digits(16, 36)}`;
}
