import { assertEquals } from "../support/assert.ts";
import { chooseLimits } from "../../src/kv/open.ts";

Deno.test("chooseLimits() uses the log of claims for a file, and a key for each claim elsewhere", () => {
  const claims = ["data/kv.sqlite3", ":memory:", "https://kv.example/", null].map((path) => {
    const { claimLog, claimsPerCommit } = chooseLimits(path, 5);
    return claimLog ? "log" : claimsPerCommit;
  });
  assertEquals(claims, ["log", "log", 10, 90]);
});

Deno.test("chooseLimits() allows several commits in flight, unless KV is a file", () => {
  const inFlight = ["https://kv.example/", null, "data/kv.sqlite3", ":memory:"]
    .map((path) => chooseLimits(path, 5).commitsInFlight);
  assertEquals(inFlight, [5, 5, 1, 1]);
});
