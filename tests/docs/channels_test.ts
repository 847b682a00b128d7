/** The documents list the channels that exist. */

import { CHANNELS } from "../../src/events/enrichment.ts";
import { assertEquals } from "../support/assert.ts";
import { readFile } from "./files.ts";

Deno.test("7.19 the channels in the contract and in migrations/README.md are those of the code", async () => {
  const tables = await readFile("migrations/README.md");
  const section = tables.split("#### Channels")[1]?.split("\n### ")[0] ?? "";
  const listed = section.matchAll(/^\| `(\w+)`/gm).map(([, name]) => name).toArray();
  assertEquals(listed, [...CHANNELS]);
  const contract = await readFile("src/CONTRACT.md");
  const rule = /^- 7\.19 ([^.]*)\./m.exec(contract)?.[1] ?? "";
  const named = rule.matchAll(/`(\w+)`/g).map(([, name]) => name).toArray();
  assertEquals(named, ["channel", "null", ...CHANNELS]);
});
