/**
 * Records as lines of a segment: checksum, id, time and JSON, separated by spaces. JSON has no line
 * breaks, so a record that was torn by a crash spoils only its own line.
 */

import type { QueueRecord } from "../record.ts";
import { crc32 } from "./crc32.ts";

const UTF8 = /* @__PURE__ */ new TextEncoder();
const LINE_FEED = 10;
const SPACE = 32;
const CHECKSUM = 8;

/** The records of a segment. */
export interface Decoded {
  readonly records: QueueRecord[];
  /** Whole lines that are not what was written. */
  readonly damaged: number;
}

/** Encodes records, one a line. */
export function encodeLines(records: readonly QueueRecord[]): Uint8Array {
  const lines = records.map(({ id, at, json }) => {
    const bytes = UTF8.encode(`${id} ${at ?? "-"} ${json}`);
    return [UTF8.encode(`${crc32(bytes)} `), bytes] as const;
  });
  const all = new Uint8Array(lines.reduce((sum, [, { length }]) => sum + CHECKSUM + length + 2, 0));
  let offset = 0;
  for (const [checksum, bytes] of lines) {
    all.set(checksum, offset);
    all.set(bytes, offset += CHECKSUM + 1);
    all[offset += bytes.length] = LINE_FEED;
    offset += 1;
  }
  return all;
}

/** Decodes a segment. Its last line may be torn: it was never acknowledged and does not count. */
export function decodeLines(bytes: Uint8Array): Decoded {
  const text = new TextDecoder();
  const records: QueueRecord[] = [];
  let damaged = 0;
  let from = 0;
  for (let to; (to = bytes.indexOf(LINE_FEED, from)) !== -1; from = to + 1) {
    const rest = bytes.subarray(from + CHECKSUM + 1, to);
    const checksum = text.decode(bytes.subarray(from, from + CHECKSUM));
    if (bytes[from + CHECKSUM] !== SPACE || checksum !== crc32(rest)) damaged += 1;
    else records.push(decode(text.decode(rest)));
  }
  return { records, damaged };
}

function decode(line: string): QueueRecord {
  const [id = "", at = ""] = line.split(" ", 2);
  const json = line.slice(id.length + at.length + 2);
  const bytes = UTF8.encode(json).length;
  return { id, at: at === "-" ? null : Number(at), json, bytes, promise: null };
}
