import { assertEquals } from "../support/assert.ts";
import { chooseLimits } from "../../src/kv/open.ts";

const OPTIONS = { deduplicationSeconds: 60, commitsInFlight: 5 };

Deno.test("chooseLimits() uses the log of claims for a file, unless fingerprints are kept too long for memory", () => {
  const logged = (path: string | null, deduplicationSeconds: number) =>
    chooseLimits(path, { deduplicationSeconds, commitsInFlight: 8 }).claimLog;
  assertEquals([logged("data/kv.sqlite3", 60), logged(":memory:", 300)], [true, true]);
  assertEquals(logged("data/kv.sqlite3", 301), false);
});

Deno.test("chooseLimits() uses a key for each claim where several machines may share a KV", () => {
  const managed = chooseLimits(null, OPTIONS);
  const connected = chooseLimits("https://kv.example/", OPTIONS);
  assertEquals([managed.claimLog, managed.claimsPerCommit], [false, 90]);
  assertEquals([connected.claimLog, connected.claimsPerCommit], [false, 10]);
});

Deno.test("chooseLimits() allows several commits in flight, unless KV is a file", () => {
  const inFlight = ["https://kv.example/", null, "data/kv.sqlite3", ":memory:"]
    .map((path) => chooseLimits(path, OPTIONS).commitsInFlight);
  assertEquals(inFlight, [5, 5, 1, 1]);
  const unlogged = chooseLimits("data/kv.sqlite3", { ...OPTIONS, deduplicationSeconds: 600 });
  assertEquals([unlogged.claimLog, unlogged.commitsInFlight], [false, 1]);
});
