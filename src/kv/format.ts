/**
 * The format of everything in KV: keys, values, and what counters mean. `["format"]` holds the number of
 * the newest format that was ever written; a process that does not know it refuses to start, because it
 * would misread what it finds, and one that runs stops using KV (`format_guard.ts`).
 *
 * There are two numbers. {@link KV_FORMAT} is for the store as a whole and is checked when KV is opened,
 * and now and then while it is used. `SEGMENT_FORMAT` (`segment.ts`) is in the first byte of every segment and outbox record and is
 * checked whenever one is read, so a process that was started before an upgrade notices a newer segment:
 * it leaves the segment where it is and reports the flush as failed, while it still accepts events.
 *
 * To change how lines or segments are encoded, in two releases:
 *
 * 1. Make `unpack()` read the next segment format beside the present one, and keep writing the present one.
 *    Once every process runs this release, all of them can read both.
 * 2. Write the next one (raise `SEGMENT_FORMAT`). Keep reading the former one for as long as there may be
 *    such segments: until a flush has drained and no outbox record is older than the upgrade.
 *
 * A column may be added at the end of a line without a new number, also in two releases: a process that
 * does not know the column leaves it out when it flushes. So the first release declares and stores it, and
 * the second one fills it.
 *
 * To change keys or any other value, use a new key, or a form that the present code reads correctly; then
 * no number changes. Where that is impossible, raise {@link KV_FORMAT}, and have
 * {@link checkFormat} convert a store of the former format in one atomic operation, or in steps that can
 * be repeated, before it writes the new number. Stop every process of the former release first: it does
 * not notice at once, and then refuses events.
 *
 * Formats are numbered up to 15: any other first byte is damage, and not a newer version's.
 *
 * Going back a release is possible while neither number was raised. Never use a number twice.
 */

import { getLogger } from "@logtape/logtape";
import { noteRepaired } from "./damage.ts";
import { KvFormatError } from "./format_error.ts";
import { FORMAT } from "./keys.ts";
import type { Kv } from "./port.ts";
import { MAX_FORMAT } from "./segment.ts";

const logger = getLogger(["sluice", "kv"]);

/** The format that this code reads and writes. */
export const KV_FORMAT = 1;

/**
 * Marks an unused KV with this code's format, and checks the format of any other. Any number of processes
 * may call it at once.
 *
 * @throws {KvFormatError} where the format is newer than this code's
 */
export async function checkFormat(kv: Kv): Promise<void> {
  while (true) {
    const entry = await kv.get<unknown>(FORMAT);
    const newer = findNewerFormat(entry.value);
    if (newer !== null) throw newer;
    if (isFormat(entry.value)) return;
    const { ok } = await kv.atomic().check(entry).set(FORMAT, KV_FORMAT).commit();
    if (!ok) continue; // another process wrote it first
    if (entry.versionstamp !== null) {
      noteRepaired(kv, "format");
      logger.error(
        "The format of the KV store was damaged and is written again: it was {found}, it is {format}",
        { found: Deno.inspect(entry.value), format: KV_FORMAT },
      );
    }
    return;
  }
}

/** The error for a newer format than this code's, `null` where the value is no such. */
export function findNewerFormat(value: unknown): KvFormatError | null {
  return isFormat(value) && value > KV_FORMAT ? new KvFormatError(value, KV_FORMAT) : null;
}

/** Whether a value is a format of some version; anything else is damage. */
function isFormat(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_FORMAT;
}
