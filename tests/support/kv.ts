/** A fresh Deno KV for a test. */

import { systemClock } from "../../src/clock.ts";
import { FORMAT, IDEMPOTENCY, KEY_LOG } from "../../src/kv/keys.ts";
import type { Kv, KvKey } from "../../src/kv/port.ts";
import { openKv } from "../../src/kv/open.ts";

/** A KV in a temporary file, which other processes may open too. */
export interface TestKv extends AsyncDisposable {
  readonly kv: Deno.Kv;
  readonly path: string;
}

/** Where a KV of other processes is. */
export interface KvPlace extends AsyncDisposable {
  /** For `KV_PATH`. */
  readonly path: string;
}

/** A file for a KV, in a temporary folder. */
export async function makeKvFile(): Promise<KvPlace> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-kv-" });
  return {
    path: `${folder}/kv.sqlite3`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Opens a KV in a temporary folder; disposing closes it and removes the folder. */
export async function openTestKv(): Promise<TestKv> {
  const file = await makeKvFile();
  const kv = await openKv(file.path, { clock: systemClock, random: Math.random });
  return {
    kv,
    path: file.path,
    async [Symbol.asyncDispose]() {
      kv.close();
      await file[Symbol.asyncDispose]();
    },
  };
}

/** All keys under a prefix, but for the format's, which every KV has. */
export async function keysUnder(kv: Kv, ...prefix: Deno.KvKeyPart[]): Promise<KvKey[]> {
  const keys = await Array.fromAsync(kv.list({ prefix }), ({ key }) => key);
  return keys.filter(([first]) => first !== FORMAT[0]);
}

/** Makes KV forget all idempotency keys, as it does when they expire. */
export async function forgetKeys(kv: Kv): Promise<void> {
  for (const prefix of [KEY_LOG, IDEMPOTENCY]) {
    for (const key of await keysUnder(kv, ...prefix)) await kv.delete(key);
  }
}
