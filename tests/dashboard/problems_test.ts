import { problemsOf } from "../../src/dashboard/now/health.ts";
import type { Overview } from "../../src/admin/schema/overview.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("8.10 entries that were set aside are a problem, with the command that shows them", () => {
  const healthy = {
    health: { kv: null, postgres: null, flush: null, enrichment: null },
    reconciliation: { received: 0, accepted: 0, rows: 0 },
    failingRecords: 0,
    damagedValues: 0,
    suspectKv: null,
  };
  const problems = (setAside: number) => problemsOf({ ...healthy, setAside } as Overview);
  assertEquals(problems(0), []);
  assertEquals(problems(1), [
    "1 entry of the buffer or the outbox cannot be read or processed and was set aside: " +
    'run "deno task set-aside"',
  ]);
  assertEquals(problems(2), [
    "2 entries of the buffer or the outbox cannot be read or processed and were set aside: " +
    'run "deno task set-aside"',
  ]);
});

Deno.test("11.10 a KV that was empty although Postgres had rows is a problem", () => {
  const overview = {
    health: { kv: null, postgres: null, flush: null, enrichment: null },
    reconciliation: { received: 0, accepted: 0, rows: 0 },
    failingRecords: 0,
    damagedValues: 0,
    setAside: 0,
    suspectKv: "5f0c3b1e-6f5a-4d7e-9d55-0d8f6f0a9c11",
  } as Overview;
  assertEquals(problemsOf(overview), [
    "The buffer (KV) was empty when it was first used, but Postgres had rows",
  ]);
});

Deno.test("8.11 a record that fails while others do not is a problem of its own, not of enrichment", () => {
  const overview = {
    health: { kv: null, postgres: null, flush: null, enrichment: null },
    reconciliation: { received: 0, accepted: 0, rows: 0 },
    failingRecords: 1,
    damagedValues: 0,
    setAside: 0,
    suspectKv: null,
  } as Overview;
  assertEquals(problemsOf(overview), [
    "1 outbox record cannot be processed while others can: it is tried again, and set aside if that " +
    "does not help",
  ]);
});

Deno.test("8.19 damaged values in KV are a problem", () => {
  const overview = {
    health: { kv: null, postgres: null, flush: null, enrichment: null },
    reconciliation: { received: 0, accepted: 0, rows: 0 },
    failingRecords: 0,
    setAside: 0,
    damagedValues: 2,
    suspectKv: null,
  } as Overview;
  assertEquals(problemsOf(overview), [
    "2 values in KV were found damaged since the last start: check the disk of KV_PATH, and the log",
  ]);
});
