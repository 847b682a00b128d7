import { z } from "zod";
import dashboard from "../../src/metrics/grafana.json" with { type: "json" };
import { assert, assertEquals } from "../support/assert.ts";
import { unknownIn, unusedIn } from "../support/metrics.ts";
import { promtool } from "../support/promtool.ts";

const source = z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const gridPosition = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1),
  h: z.int().min(1),
});
const row = z.object({
  id: z.int(),
  type: z.literal("row"),
  title: z.string().min(1),
  gridPos: gridPosition,
  panels: z.tuple([]),
});
const chart = z.object({
  id: z.int(),
  type: z.enum(["timeseries", "stat"]),
  title: z.string().min(1),
  gridPos: gridPosition,
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
  // Grafana 10.0 writes 38, 10.4 writes 39; newer versions upgrade older schemas.
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

Deno.test("the dashboard has no id of a Grafana instance, and panel ids are unique", () => {
  assert(!("id" in dashboard));
  const ids = panels.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("panels fit into 24 columns and do not overlap", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert(x + w <= 24, `${title} exceeds the 24 columns`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const cell = `${column} ${line}`;
        assertEquals(taken.get(cell), undefined, `${title} overlaps another panel`);
        taken.set(cell, title);
      }
    }
  }
});

Deno.test("panels query only existing metrics and labels, and every metric is queried", () => {
  assertEquals(expressions.flatMap(unknownIn), []);
  assertEquals(unusedIn(expressions), []);
});

Deno.test("every expression is valid PromQL and filters by the selected job", async () => {
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
