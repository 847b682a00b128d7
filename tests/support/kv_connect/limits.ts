/** The limits of denokv, and what it says about a request that exceeds one. */

import { type AtomicWrite, ENCODING, MUTATION, type Mutation, type ReadRange } from "./messages.ts";

/** Checks of one operation; Deno Deploy allows 100. */
export const MAX_CHECKS = 10;

const MAX_KEY_BYTES = 2_048;
/** The end of a range is a byte longer than a key. */
const MAX_READ_KEY_BYTES = MAX_KEY_BYTES + 1;
const MAX_VALUE_BYTES = 65_536;
const MAX_RANGES = 10;
const MAX_ENTRIES = 1_000;
const MAX_MUTATIONS = 1_000;
const MAX_WRITE_BYTES = 819_200;

const KEY_TOO_LONG = "A key exceeds the key size limit.";
const VALUE_TOO_LONG = "A value exceeds the value size limit.";

/** What is wrong with a read, `null` if nothing is. */
export function checkRead(ranges: readonly ReadRange[]): string | null {
  if (ranges.length > MAX_RANGES) return "Too many read ranges requested in one read request.";
  if (ranges.some(({ limit }) => limit <= 0)) {
    return "The read range limit of the snapshot read request is invalid.";
  }
  if (ranges.some(({ start, end }) => Math.max(start.length, end.length) > MAX_READ_KEY_BYTES)) {
    return KEY_TOO_LONG;
  }
  return ranges.reduce((sum, { limit }) => sum + limit, 0) > MAX_ENTRIES
    ? "The total number of entries requested across read ranges in the read request is too large."
    : null;
}

/** What is wrong with a write, `null` if nothing is. */
export function checkWrite(
  { checks, mutations, enqueues }: AtomicWrite,
  maxChecks: number,
): string | null {
  if (checks.length > maxChecks) return "Too many checks included in atomic write.";
  if (mutations.length + enqueues > MAX_MUTATIONS) {
    return "Too many mutations / enqueues included in atomic write.";
  }
  if (checks.some(({ key }) => key.length > MAX_READ_KEY_BYTES)) return KEY_TOO_LONG;
  if (checks.some(({ versionstamp: { length } }) => length !== 0 && length !== 10)) {
    return "Invalid versionstamp.";
  }
  for (const mutation of mutations) {
    const problem = checkMutation(mutation);
    if (problem !== null) return problem;
  }
  const sizes = [
    ...checks.map(({ key }) => key.length),
    ...mutations.map(({ key, value }) => key.length + (value?.data.length ?? 0)),
  ];
  return sizes.reduce((sum, size) => sum + size, 0) > MAX_WRITE_BYTES
    ? "The total size of the atomic write is too large."
    : null;
}

function checkMutation({ key, value, kind, expireAtMs }: Mutation): string | null {
  if (key.length > MAX_KEY_BYTES) return KEY_TOO_LONG;
  if ((value?.data.length ?? 0) > MAX_VALUE_BYTES) return VALUE_TOO_LONG;
  if (expireAtMs < -1) return "Invalid mutation expire at.";
  const isKnown = kind === MUTATION.delete ||
    kind === MUTATION.set && value !== null ||
    kind === MUTATION.sum && value?.encoding === ENCODING.counter;
  return isKnown ? null : "Invalid mutation kind or arguments.";
}
