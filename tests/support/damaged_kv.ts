/** Overwrites values in the file of a KV, as a bad disk would, and replaces them by wrong ones. */

import { DatabaseSync } from "node:sqlite";
import { encodeKey } from "../../src/kv/encoded_key.ts";
import type { Kv, KvKey } from "../../src/kv/port.ts";

/** A KV that is a file. */
export interface KvFile {
  readonly kv: Kv;
  readonly path: string;
}

/** Damages one entry. */
export type Damage = (file: KvFile, key: KvKey) => Promise<void> | void;

/** Writes bytes with an encoding straight into the file. */
export function overwrite(
  path: string,
  key: KvKey,
  { bytes, encoding }: { readonly bytes?: Uint8Array; readonly encoding: number },
): void {
  using database = new DatabaseSync(path);
  database.exec("pragma busy_timeout = 5000");
  const value = bytes ?? new Uint8Array([0xff, 0xff, 0x6f, 0x41, 1, 2, 3, 4, 5]);
  database.prepare("update kv set v = ?, v_encoding = ? where k = ?")
    .run(value, encoding, encodeKey(key));
}

function wrong(value: unknown): Damage {
  return async ({ kv }, key) => void await kv.set(key, value);
}

/** The entry has to exist before its bytes can be overwritten. */
function raw(encoding: number): Damage {
  return async ({ kv, path }, key) => {
    if ((await kv.getMany([key]))[0]?.versionstamp === null) await kv.set(key, 0);
    overwrite(path, key, { encoding });
  };
}

/** Damages of every kind. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  "null": wrong(null),
  "a text": wrong("€"),
  "a number": wrong(-7.5),
  "an object of another shape": wrong({ rows: "x", events: -1, at: Infinity, expiresAt: {} }),
  "other bytes": wrong(new Uint8Array([1, 0x5b, 0xff, 0, 10])),
  "a negative counter": wrong(new Deno.KvU64(2n ** 64n - 5n)),
  "not deserializable": raw(1),
  "of an unknown encoding": raw(9),
};
