/**
 * Makes values readable again that Deno KV cannot deserialize, as bytes of its file were overwritten: it
 * could neither list nor read them, and would stop everything behind them. They become bytes, unchanged,
 * which every reader takes for damage of its own kind (contract 8.10); lines of events are bytes anyway.
 *
 * Only for a KV that is a file: its table is written to beside Deno, by the same SQLite.
 */

import { getLogger } from "@logtape/logtape";
import { decodeKey, encodeKey } from "./encoded_key.ts";
import { COUNTERS_PREFIX, HEALTH_PROBE } from "./keys.ts";
import type { Kv, KvKey, KvSelector } from "./port.ts";

/** The keys that an operation reads. */
export type KvRange = KvSelector | { readonly key: KvKey };

/** A row of the table of KV. */
interface Row {
  readonly k: Uint8Array;
  readonly v_encoding: number;
  /** The first two bytes of the value; V8 begins with 0xff and the version of its format. */
  readonly head: Uint8Array;
}

/** The encodings of values: by V8, a counter of eight bytes, bytes. */
const [V8, COUNTER, BYTES] = [1, 2, 3];
const LAST = new Uint8Array([0xff]);
const V8_MARK = 0xff;
/** A greater difference between versions is damage. */
const MAX_NEWER = 15;
const BUSY_TIMEOUT_MS = 1_000;

const logger = getLogger(["sluice", "kv"]);

/** Whether an operation failed because a value cannot be deserialized. */
export function saysUndeserializable(error: unknown): boolean {
  return error instanceof Error &&
    /could not deserialize value|value encoding \d+ is unknown/i.test(error.message);
}

/**
 * Turns the values within ranges that cannot be deserialized into bytes. Those that a newer version of
 * Deno wrote stay.
 *
 * @param kv tells which can be
 * @returns how many it was
 */
export async function turnIntoBytes(
  path: string,
  kv: Kv,
  ranges: readonly KvRange[],
): Promise<number> {
  using file = await openFile(path);
  const version = await readV8Version(file, kv);
  let turned = 0;
  const families = new Set<string>();
  for (const range of ranges) {
    for (const { k, v_encoding, head } of file.select(range)) {
      if (v_encoding === V8 && isNewer(head, version)) continue;
      if (v_encoding === V8 && await canRead(kv, decodeKey(k))) continue;
      file.setBytes(k);
      turned += 1;
      families.add(decodeKey(k).slice(0, 2).join(" ")); // without fingerprints and keys of clients
    }
  }
  if (turned > 0) {
    logger.error(
      "{count} values in KV cannot be deserialized, and are taken for damaged: {families}",
      { count: turned, families: [...families].join(", ") },
    );
  }
  return turned;
}

/** Deno panics where it reads a counter that has not eight bytes, so this has to come first. */
export async function checkCounters(path: string): Promise<void> {
  using file = await openFile(path);
  for (const { k, v_encoding } of file.select({ prefix: COUNTERS_PREFIX })) {
    if (v_encoding === COUNTER) file.setBytes(k);
  }
}

async function openFile(path: string) {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return {
    /** The rows that may be damaged. */
    select(range: KvRange): Row[] {
      const [start, end] = toBounds(range);
      const rows = database.prepare(
        `select k, v_encoding, substr(v, 1, 2) as head from kv where k >= ? and k < ? ` +
          `and v_encoding <> ${BYTES} and not (v_encoding = ${COUNTER} and length(v) = 8)`,
      ).all(start, end);
      return rows as unknown as Row[];
    },
    setBytes(k: Uint8Array): void {
      database.prepare(`update kv set v_encoding = ${BYTES} where k = ?`).run(k);
    },
    readHead(key: KvKey): unknown {
      return database.prepare("select substr(v, 1, 2) as head from kv where k = ?")
        .get(encodeKey(key))?.head;
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function toBounds(range: KvRange): [start: Uint8Array, end: Uint8Array] {
  if ("key" in range) {
    const key = encodeKey(range.key);
    return [key, new Uint8Array([...key, 0])];
  }
  const prefix = "prefix" in range ? encodeKey(range.prefix) : null;
  const start = "start" in range ? encodeKey(range.start) : prefix ?? new Uint8Array();
  const end = "end" in range ? encodeKey(range.end) : new Uint8Array([...prefix ?? [], ...LAST]);
  return [start, end];
}

/** The version of V8's format that this Deno writes. */
async function readV8Version(
  file: { readHead: (key: KvKey) => unknown },
  kv: Kv,
): Promise<number> {
  await kv.set(HEALTH_PROBE, 0);
  const head = file.readHead(HEALTH_PROBE);
  return head instanceof Uint8Array ? head[1] ?? 0 : 0;
}

function isNewer([mark, version = 0]: Uint8Array, own: number): boolean {
  return mark === V8_MARK && version > own && version <= own + MAX_NEWER;
}

async function canRead(kv: Kv, key: KvKey): Promise<boolean> {
  try {
    await kv.get(key);
    return true;
  } catch (error) {
    if (saysUndeserializable(error)) return false;
    throw error;
  }
}
