/** The structure of `src`, held: no import cycle, no step that reaches into its neighbour. */

import { assertEquals } from "../support/assert.ts";

/** What every module may import: what an event is, the keys and limits of KV, time, traces. */
const COMMON = ["events", "kv", "clock.ts", "ip_address.ts", "tracing.ts", "version.ts"];

/** What a module may import beside its own files and the common ones. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "clock.ts": [],
  "ip_address.ts": [],
  "tracing.ts": ["version.ts"],
  "version.ts": [],
  "config.ts": [],
  "logging.ts": ["config.ts"],
  events: [],
  kv: [],
  admin: ["store"],
  admission: [],
  reconciliation: [],
  buffer: [],
  flush: [],
  outbox: [],
  enrichment: ["outbox"],
  limits: [],
  metrics: [],
  store: [],
  auth: ["config.ts"],
  trpc: ["admin"],
  http: ["trpc", "admin", "auth", "config.ts"],
  client: [],
  demo: ["client"],
  dashboard: ["trpc", "admin"],
};

/** Wiring and commands may import anything. */
const FREE = [
  "app.ts",
  "wiring",
  "ingest.ts",
  "service.ts",
  "health.ts",
  "cli",
  "simulate",
  "build",
];

const SRC = new URL("../../src/", import.meta.url);

async function filesUnder(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name, folder);
    if (entry.isDirectory) files.push(...await filesUnder(new URL(`${url.href}/`)));
    else if (/\.tsx?$/.test(entry.name)) files.push(url);
  }
  return files;
}

function pathOf(file: URL): string {
  return file.href.slice(SRC.href.length);
}

async function importsOf(file: URL): Promise<string[]> {
  const text = await Deno.readTextFile(file);
  return [...text.matchAll(/(?:from|import|import\()\s*"(\.{1,2}\/[^"]+)"/g)]
    .map(([, specifier]) => new URL(specifier ?? "", file))
    .filter((target) => target.href.startsWith(SRC.href))
    .map(pathOf);
}

async function importGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const file of await filesUnder(SRC)) graph.set(pathOf(file), await importsOf(file));
  return graph;
}

function moduleOf(path: string): string {
  return path.split("/")[0] ?? path;
}

Deno.test("no file imports itself by way of others", async () => {
  const graph = await importGraph();
  const cycles: string[] = [];
  const done = new Set<string>();
  function visit(file: string, trail: readonly string[]): void {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
    if (done.has(file) || trail.includes(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  }
  for (const file of graph.keys()) visit(file, []);
  assertEquals(cycles, []);
});

Deno.test("a step knows the common modules and the ports it is given, never its neighbours", async () => {
  const reaches: string[] = [];
  for (const [file, imports] of await importGraph()) {
    const module = moduleOf(file);
    if (FREE.includes(module)) continue;
    const allowed = ALLOWED[module];
    if (allowed === undefined) reaches.push(`${file} is in a module that has no rule yet`);
    for (const target of imports) {
      const there = moduleOf(target);
      const fine = there === module || allowed?.includes(there) ||
        (COMMON.includes(there) && !["events", "clock.ts", "tracing.ts"].includes(module));
      if (!fine) reaches.push(`${file} reaches into ${target}`);
    }
  }
  assertEquals(reaches, []);
});

Deno.test("every module and file that a rule names is there", async () => {
  const modules = new Set([...(await importGraph()).keys()].map(moduleOf));
  const named = [...Object.keys(ALLOWED), ...FREE, ...COMMON];
  assertEquals(named.filter((module) => !modules.has(module)), []);
});

Deno.test("browsers get nothing of the service but its words, which import nothing", async () => {
  const graph = await importGraph();
  const words = ["events/catalogue.ts", "events/send_again.ts"];
  const taken = [...graph]
    .filter(([file]) => moduleOf(file) === "client")
    .flatMap(([, imports]) => imports)
    .filter((target) => moduleOf(target) !== "client");
  assertEquals([...new Set(taken)].toSorted(), words);
  for (const word of words) assertEquals(graph.get(word), []);
});

Deno.test("the dashboard takes of the service nothing but types", async () => {
  const taken: string[] = [];
  for (const file of await filesUnder(new URL("dashboard/", SRC))) {
    const text = await Deno.readTextFile(file);
    for (const [, what, specifier = ""] of text.matchAll(/import ([^;]+?) from "(\.[^"]+)"/g)) {
      const target = pathOf(new URL(specifier, file));
      if (moduleOf(target) === "dashboard" || what?.startsWith("type ")) continue;
      taken.push(`${pathOf(file)} imports ${target}`);
    }
  }
  assertEquals(taken, []);
});
