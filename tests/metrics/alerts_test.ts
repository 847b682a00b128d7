import { z } from "zod";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { unknownIn } from "../support/metrics.ts";
import { promtool } from "../support/promtool.ts";
import { parseYaml } from "../support/yaml.ts";

const RULES = fileURLToPath(new URL("../../src/metrics/alerts.yaml", import.meta.url));
const TESTS = fileURLToPath(new URL("alerts.yaml", import.meta.url));

const rulesFile = z.object({
  groups: z.array(z.object({
    rules: z.array(z.strictObject({
      alert: z.string(),
      expr: z.string(),
      for: z.string().optional(),
      labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }),
      annotations: z.strictObject({ summary: z.string(), description: z.string() }),
    })),
  })),
});

const text = await Deno.readTextFile(RULES);
const alerts = rulesFile.parse(parseYaml(text)).groups.flatMap(({ rules }) => rules);

Deno.test("promtool accepts the alert rules", async () => {
  assertEquals(await promtool("check", "rules", RULES), null);
});

Deno.test("each alert fires exactly when it should", async () => {
  assertEquals(await promtool("test", "rules", TESTS), null);
});

Deno.test("the promtool tests make every alert fire", async () => {
  const tests = await Deno.readTextFile(TESTS);
  for (const { alert } of alerts) assertStringIncludes(tests, `alertname="${alert}", alertstate`);
});

Deno.test("alerts query only existing metrics and labels", () => {
  for (const { alert, expr } of alerts) assertEquals(unknownIn(expr), [], alert);
});

Deno.test("each alert has the reason for its threshold, and a description of what to do", () => {
  for (const { alert, annotations } of alerts) {
    const above = text.slice(0, text.indexOf(`- alert: ${alert}\n`)).trimEnd().split("\n").at(-1);
    assert(above?.trimStart().startsWith("#"), `${alert} has no comment above it`);
    assert(annotations.description.length > 80, `${alert} does not say what to do`);
  }
});

Deno.test("alerts refer only to existing alerts and settings", async () => {
  const names = new Set(alerts.map(({ alert }) => alert));
  const named = [...text.matchAll(/\bSluice[A-Z]\w+/g)].map(([name]) => name);
  assertEquals(named.filter((name) => !names.has(name)), []);
  const settings = await Deno.readTextFile(new URL("../../src/settings.ts", import.meta.url));
  for (const [setting] of text.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) {
    assertStringIncludes(settings, setting);
  }
});
