import { assertEquals } from "../support/assert.ts";
import { chooseLimits } from "../../src/kv/open.ts";

Deno.test("chooseLimits() uses the log of claims for a file, unless fingerprints are kept too long for memory", () => {
  const logged = (path: string | null, seconds: number) => chooseLimits(path, seconds).claimLog;
  assertEquals([logged("data/kv.sqlite3", 60), logged(":memory:", 120)], [true, true]);
  assertEquals(logged("data/kv.sqlite3", 121), false);
});

Deno.test("chooseLimits() uses a key for each claim where several machines may share a KV", () => {
  const managed = chooseLimits(null, 60);
  const connected = chooseLimits("https://kv.example/", 60);
  assertEquals([managed.claimLog, managed.claimsPerCommit], [false, 90]);
  assertEquals([connected.claimLog, connected.claimsPerCommit], [false, 10]);
});
