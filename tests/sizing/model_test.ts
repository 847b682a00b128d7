import { BYTES, CPU, DENOKV_CEILING, HEADROOM } from "../../src/sizing/costs.ts";
import { cpuOf, type Load, size } from "../../src/sizing/model.ts";
import { describe } from "../../src/sizing/report.ts";
import {
  assertEquals,
  assertGreater,
  assertLess,
  assertStringIncludes,
} from "../support/assert.ts";

const LOAD: Load = {
  rate: 1_000,
  keys: "none",
  bytes: 400,
  eventsPerRequest: 1,
  kv: "file",
  keepDays: 30,
};

/** Equal but for rounding. */
function assertClose(actual: number, expected: number, name = ""): void {
  assertLess(Math.abs(actual / expected - 1), 1e-9, `${name} ${actual}, expected ${expected}`);
}

Deno.test("a request's cost is shared by its events, and a key has its own", () => {
  const single = cpuOf({ keys: "none", eventsPerRequest: 1 });
  const batch = cpuOf({ keys: "none", eventsPerRequest: 50 });
  assertClose(single.service - batch.service, CPU.serviceRequest * 49 / 50);
  assertClose(single.main - batch.main, CPU.mainRequest * 49 / 50);
  assertEquals(single.postgres, batch.postgres);
  const keyed = cpuOf({ keys: "random", eventsPerRequest: 50 });
  assertClose(keyed.service - batch.service, CPU.key);
  assertClose(keyed.postgres - batch.postgres, CPU.postgresKey.random);
});

Deno.test("cores, disk and network grow with the rate", () => {
  const one = size(LOAD);
  const ten = size({ ...LOAD, rate: 10_000 });
  for (
    const part of [
      "serviceCores",
      "postgresCores",
      "rowsPerDay",
      "outageBytes",
      "keptBytes",
      "walBytesPerSecond",
    ] as const
  ) assertClose(ten[part] / one[part], 10, part);
  assertEquals(one.rowsPerDay, 86_400_000);
  assertEquals(one.outageEvents, 3_600_000);
  assertEquals(size({ ...LOAD, keepDays: 60 }).keptBytes, one.keptBytes * 2);
});

Deno.test("no store is planned with more than half of what it can do", () => {
  for (const kv of ["file", "connect", "postgres"] as const) {
    for (const rate of [1, 1_000, 10_000, 100_000, 1_000_000]) {
      const { stores, ceilings: [first] } = size({ ...LOAD, kv, rate });
      assertGreater(first.rate * HEADROOM * stores, rate - 1e-6, `${kv}, ${rate}`);
      if (stores > 1) assertGreater(rate, first.rate * HEADROOM * (stores - 1), `${kv}, ${rate}`);
    }
  }
});

Deno.test("a file has one process a store, a KV over a network as many as the main threads need", () => {
  const file = size({ ...LOAD, rate: 100_000 });
  assertEquals(file.processes, file.stores);
  assertEquals(file.network.kv, 0);
  const postgres = size({ ...LOAD, rate: 100_000, kv: "postgres", eventsPerRequest: 50 });
  assertGreater(postgres.processes, postgres.stores - 1);
  assertGreater(postgres.network.kv, 0);
  assertEquals(size({ ...LOAD, kv: "connect" }).ceilings[0], {
    part: "kv",
    rate: DENOKV_CEILING.single,
  });
});

Deno.test("a random key costs more WAL than its event", () => {
  const wal = (keys: Load["keys"]) => size({ ...LOAD, rate: 1, keys }).walBytesPerSecond;
  assertEquals(wal("random") - wal("none"), BYTES.walKey.random);
  assertGreater(wal("random") - wal("none"), wal("none"));
});

Deno.test("a KV in PostgreSQL keeps claims beside the events of an outage", () => {
  const bytes = (kv: Load["kv"], keys: Load["keys"]) =>
    size({ ...LOAD, rate: 1, kv, keys }).outageBytes;
  assertClose(bytes("postgres", "none") - bytes("file", "none"), 60 * BYTES.postgresClaim);
  assertClose(bytes("postgres", "random") - bytes("file", "random"), 3_600 * BYTES.postgresClaim);
});

Deno.test("a sizing as text names every need, and what breaks first", () => {
  const text = describe(size({ ...LOAD, rate: 100_000, kv: "postgres" }));
  for (const part of ["Stores", "Service", "Postgres", "Disk", "Outage", "Network"]) {
    assertStringIncludes(text, part);
  }
  assertStringIncludes(text, "commits of the buffer in PostgreSQL, which take turns, at ");
  assertStringIncludes(text, "to and from KV");
});
