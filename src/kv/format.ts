/**
 * The format of everything in KV: keys, values, and what counters mean. `["format"]` holds the number of
 * the newest format that was ever written; a process that does not know it refuses to start, because it
 * would misread what it finds.
 *
 * There are two numbers. {@link KV_FORMAT} is for the store as a whole and is checked once, when KV is
 * opened. `SEGMENT_FORMAT` (`segment.ts`) is in the first byte of every segment and outbox record and is
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
 * be repeated, before it writes the new number. Stop every process of the former release first: it checks
 * the number only when it starts.
 *
 * Formats are numbered up to 15: any other first byte is damage, and not a newer version's.
 *
 * Going back a release is possible while neither number was raised. Never use a number twice.
 */

import { getLogger } from "@logtape/logtape";
import { noteRepaired } from "./damage.ts";
import { FORMAT } from "./keys.ts";
import type { Kv } from "./port.ts";
import { MAX_FORMAT } from "./segment.ts";

const logger = getLogger(["sluice", "kv"]);

/** The format that this code reads and writes. */
export const KV_FORMAT = 1;

/** Thrown for a KV of another format; the message is for the operator. */
export class KvFormatError extends Error {
  override readonly name = "KvFormatError";
}

/**
 * Marks an unused KV with this code's format, and checks the format of any other. Any number of processes
 * may call it at once.
 *
 * @throws {KvFormatError} where the format is newer than this code's
 */
export async function checkFormat(kv: Kv): Promise<void> {
  while (true) {
    const entry = await kv.get<unknown>(FORMAT);
    if (isFormat(entry.value)) return assertKnown(entry.value);
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

/** Whether a value is a format of some version; anything else is damage. */
function isFormat(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_FORMAT;
}

function assertKnown(format: number): void {
  if (format <= KV_FORMAT) return;
  throw new KvFormatError(
    `The KV store has format ${format}, and this version of Sluice understands ` +
      `formats up to ${KV_FORMAT}: run the version that wrote it, or a newer one.`,
  );
}
