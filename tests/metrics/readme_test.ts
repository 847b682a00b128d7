import { assertEquals } from "../support/assert.ts";
import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";
import { openTestApp } from "../support/app.ts";
import { openRoutesPostgres } from "../support/server.ts";

const postgres = await openRoutesPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const instruments = Object.values<Instrument>(INSTRUMENTS);

/** The rows of the table in src/metrics/README.md, cell by cell. */
async function readTable(): Promise<string[][]> {
  const text = await Deno.readTextFile(new URL("../../src/metrics/README.md", import.meta.url));
  return [...text.matchAll(/^\| `sluice_\w+`.*$/gm)]
    .map(([row]) => row.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}

Deno.test("12.3 src/metrics/README.md lists every metric as it is, in the order of an event's way", async () => {
  assertEquals(
    await readTable(),
    instruments.map(({ name, kind, labels, help }) => [name, kind, labels.join(", "), help]),
  );
});

Deno.test("12.3 every metric of the table is at /metrics, and the other way round", async () => {
  await using app = await openTestApp(postgres.database);
  const text = await (await app.get("/metrics")).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  const rows = (await readTable()).map(([name, kind]) => [name, kind]);
  assertEquals(types.toSorted(), rows.toSorted());
});

Deno.test("names follow Prometheus' customs: a prefix, the unit, total for counters alone", () => {
  for (const { name, kind, unit } of instruments) {
    assertEquals(name.startsWith("sluice_"), true, name);
    assertEquals(name.endsWith("_total"), kind === "counter", name);
    assertEquals(/_seconds(_total)?$/.test(name), unit === "s", name);
  }
});
