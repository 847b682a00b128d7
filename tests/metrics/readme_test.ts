import { assert, assertEquals } from "../support/assert.ts";
import { type Instrument, INSTRUMENTS } from "../../src/metrics/instruments.ts";
import { openTestApp } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const instruments = Object.values<Instrument>(INSTRUMENTS);

/** The cells of the metrics table in src/metrics/README.md, row by row. */
async function readTable(): Promise<string[][]> {
  const text = await Deno.readTextFile(new URL("../../src/metrics/README.md", import.meta.url));
  return [...text.matchAll(/^\| `sluice_\w+`.*$/gm)]
    .map(([row]) => row.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}

Deno.test("12.3 src/metrics/README.md lists every metric as it is defined, in the same order", async () => {
  assertEquals(
    await readTable(),
    instruments.map(({ name, kind, labels, help }) => [name, kind, labels.join(", "), help]),
  );
});

Deno.test("src/metrics/README.md lists every alert with its severity", async () => {
  const read = (name: string) =>
    Deno.readTextFile(new URL(`../../src/metrics/${name}`, import.meta.url));
  const listed = [...(await read("README.md")).matchAll(/^\| `(Sluice\w+)` +\| (\w+) /gm)]
    .map(([, alert, severity]) => `${alert} ${severity}`);
  const rules = (await read("alerts.yaml")).matchAll(/- alert: (\w+)\n[^]*?severity: (\w+)/g);
  const defined = [...rules].map(([, alert, severity]) => `${alert} ${severity}`);
  assertEquals(listed.toSorted(), defined.toSorted());
});

Deno.test("12.3 /metrics serves exactly the metrics of the table", async () => {
  await using app = await openTestApp(postgres.database);
  const text = await (await app.get("/metrics")).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  const rows = (await readTable()).map(([name, kind]) => [name, kind]);
  assertEquals(types.toSorted(), rows.toSorted());
});

Deno.test("metric names follow Prometheus' conventions: prefix, unit, and _total for counters only", () => {
  for (const { name, kind, unit } of instruments) {
    assert(name.startsWith("sluice_"), name);
    assertEquals(name.endsWith("_total"), kind === "counter", name);
    assertEquals(/_seconds(_total)?$/.test(name), unit === "s", name);
  }
});
