import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { writeHalving } from "../../src/store/write_halving.ts";

/** An error as the driver throws it. */
function rejection(code: string): Error {
  return Object.assign(new Error("relation does not exist"), { name: "PostgresError", code });
}

Deno.test("7.17 an item that was refused until something else could be written is written, and no dead letter", async () => {
  let failures = 1; // the migration is applied between the two attempts
  const { written, rejected } = await writeHalving(["event"], {
    write: (items) => failures-- > 0 ? Promise.reject(rejection("42P01")) : Promise.resolve(items),
    canWrite: () => Promise.resolve(true),
  });
  assertEquals([written, rejected], [[["event"]], []]);
});

Deno.test("7.17 an item that is still refused while something else can be written is rejected", async () => {
  const { rejected } = await writeHalving(["event"], {
    write: () => Promise.reject(rejection("P0001")),
    canWrite: () => Promise.resolve(true),
  });
  assertEquals(rejected.map(({ item }) => item), ["event"]);
});

Deno.test("7.5 a batch of nothing but rejected items takes three writes an item and two probes", async () => {
  const items = Array.from({ length: 2_000 }, (_, i) => i);
  let writes = 0;
  let probes = 0;
  const { rejected } = await writeHalving(items, {
    write: () => {
      writes += 1;
      return Promise.reject(rejection("P0001"));
    },
    canWrite: () => {
      probes += 1;
      return Promise.resolve(true);
    },
  });
  assertEquals([rejected.length, probes], [2_000, 2]);
  assertLessOrEqual(writes, 3 * 2_000);
});
