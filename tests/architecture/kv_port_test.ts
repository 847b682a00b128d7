/** The service names Deno's own KV only where it is put behind the port. */

import { assertEquals } from "../support/assert.ts";
import { listFiles, readFile } from "../docs/files.ts";

/** The port, and its adapters. */
const ADAPTERS = [
  "src/kv/port.ts",
  "src/kv/open.ts",
  "src/kv/format_guard.ts",
  "src/kv/postgres/iterator.ts",
  "src/kv/postgres/values.ts",
  "src/kv/remote.ts",
  "src/kv/retry_when_locked.ts",
];

Deno.test("no file outside the KV port names Deno's KV", async () => {
  const naming: string[] = [];
  for (const file of await listFiles("src/", [".ts", ".tsx"])) {
    const text = await readFile(file);
    if (/\bDeno\.(?:Kv|AtomicOperation|AtomicCheck|openKv)/.test(text)) naming.push(file);
  }
  assertEquals(naming.toSorted(), ADAPTERS.toSorted());
});
