import { z } from "zod";
import dashboard from "../../src/metrics/grafana.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { unknownIn, unusedIn } from "../support/metrics.ts";
import { promtool } from "../support/promtool.ts";

const source = z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const place = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1),
  h: z.int().min(1),
});
const row = z.object({
  id: z.int(),
  type: z.literal("row"),
  title: z.string().min(1),
  gridPos: place,
  panels: z.tuple([]),
});
const chart = z.object({
  id: z.int(),
  type: z.enum(["timeseries", "stat"]),
  title: z.string().min(1),
  gridPos: place,
  datasource: source,
  targets: z.array(z.object({
    refId: z.string(),
    datasource: source,
    expr: z.string(),
    legendFormat: z.string().min(1),
  })).min(1),
});

const { panels } = z.object({
  uid: z.string(),
  title: z.literal("Sluice"),
  // Grafana 10.0 writes 38, 10.4 39; newer ones bring older ones up to date.
  schemaVersion: z.int().max(39),
  panels: z.array(
    z.discriminatedUnion("type", [
      row,
      chart.extend({ type: z.literal("stat") }),
      chart.extend({ type: z.literal("timeseries") }),
    ]),
  ),
  templating: z.object({
    list: z.tuple([
      z.object({ name: z.literal("datasource"), query: z.literal("prometheus") }),
      z.object({ name: z.literal("job"), datasource: source }),
    ]),
  }),
}).parse(dashboard);
const expressions = panels.flatMap((panel) =>
  panel.type === "row" ? [] : panel.targets.map(({ expr }) => expr)
);

Deno.test("the dashboard has no id of some Grafana's own, and each panel one that is unique", () => {
  assert(!("id" in dashboard));
  const ids = panels.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("panels lie within the 24 columns, and on no other", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x + w <= 24, `${title} is too far right`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column} ${line}`;
        assertEquals(taken.get(cell), undefined, `${title} lies on another`);
        taken.set(cell, title);
      }
    }
  }
});

Deno.test("panels ask for metrics and labels that there are, and for each of them", () => {
  assertEquals(expressions.flatMap(unknownIn), []);
  assertEquals(unusedIn(expressions), []);
});

Deno.test("every expression is of the chosen job, and PromQL", async () => {
  for (const expression of expressions) {
    const selectors = expression.match(/sluice_\w+/g) ?? [];
    assertEquals(expression.match(/\{job=~"\$job"/g)?.length, selectors.length, expression);
  }
  const rules = expressions.map((expression, i) => ({
    record: `panel:${i}`,
    expr: expression.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*"),
  }));
  const folder = await Deno.makeTempDir({ prefix: "sluice-dashboard-" });
  try {
    const file = `${folder}/panels.yaml`; // JSON is YAML
    await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    assertEquals(await promtool("check", "rules", file), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
