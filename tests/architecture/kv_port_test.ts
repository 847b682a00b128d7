/** The KV port: the service names Deno's own KV in one place only. */

import { assertEquals } from "../support/assert.ts";

const SRC = new URL("../../src/", import.meta.url);

/** The port, and what puts Deno KV behind it. */
const ADAPTERS = ["kv/port.ts", "kv/open.ts", "kv/retry_when_locked.ts"];

async function filesUnder(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name, folder);
    if (entry.isDirectory) files.push(...await filesUnder(new URL(`${url.href}/`)));
    else if (/\.tsx?$/.test(entry.name)) files.push(url);
  }
  return files;
}

Deno.test("no file outside the KV port names Deno's KV", async () => {
  const naming: string[] = [];
  for (const file of await filesUnder(SRC)) {
    const text = await Deno.readTextFile(file);
    if (/\bDeno\.(?:Kv|AtomicOperation|AtomicCheck|openKv)/.test(text)) {
      naming.push(file.href.slice(SRC.href.length));
    }
  }
  assertEquals(naming.toSorted(), ADAPTERS.toSorted());
});
