/** Which module of `src` may import which, and that there is no import cycle. */

import { assertEquals } from "../support/assert.ts";
import { listFiles, readFile, ROOT } from "../docs/files.ts";

/** Modules that every other one may import. */
const COMMON = [
  "events",
  "kv",
  "clock.ts",
  "ip_address.ts",
  "private_files.ts",
  "tracing.ts",
  "version.ts",
];

/** What each module may import besides its own files and the common modules. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "clock.ts": [],
  "ip_address.ts": [],
  "private_files.ts": [],
  "process_name.ts": [],
  "tracing.ts": ["version.ts"],
  "version.ts": [],
  "cors_origins.ts": [],
  "settings.ts": ["auth", "store", "cors_origins.ts"],
  "config.ts": ["auth", "settings.ts"],
  "logging.ts": ["config.ts"],
  events: [],
  kv: ["store"],
  admin: ["api_keys", "store"],
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
  api_keys: ["auth", "store"],
  trpc: ["admin"],
  openapi: ["admission", "http", "trpc"],
  http: ["trpc", "admin", "auth", "api_keys", "limits", "config.ts", "cors_origins.ts"],
  api: [],
  client: [],
  server_sdk: ["client"],
  sizing: [],
  api_docs: [],
  demo: ["client"],
  dashboard: ["trpc", "admin"],
};

/** Wiring and commands, which may import anything. */
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

const SRC = new URL("src/", ROOT);

/** Paths below `src/`. */
async function listSources(folder = ""): Promise<string[]> {
  const files = await listFiles(`src/${folder}`, [".ts", ".tsx"]);
  return files.map((path) => path.slice("src/".length));
}

/** The path below `src/` that a file imports by a relative specifier, or one that begins with `..`. */
function resolveImport(file: string, specifier: string): string {
  const { href } = new URL(specifier, new URL(file, SRC));
  return href.startsWith(SRC.href) ? href.slice(SRC.href.length) : `../${href}`;
}

async function readImports(file: string): Promise<string[]> {
  const text = await readFile(`src/${file}`);
  return [...text.matchAll(/(?:from|import|import\()\s*"(\.{1,2}\/[^"]+)"/g)]
    .map(([, specifier = ""]) => resolveImport(file, specifier))
    .filter((target) => !target.startsWith("../"));
}

async function importGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const file of await listSources()) graph.set(file, await readImports(file));
  return graph;
}

function moduleOf(path: string): string {
  return path.split("/")[0] ?? path;
}

Deno.test("src has no import cycle", async () => {
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

Deno.test("a module imports only the common modules and those it is allowed", async () => {
  const violations: string[] = [];
  for (const [file, imports] of await importGraph()) {
    const module = moduleOf(file);
    if (FREE.includes(module)) continue;
    const allowed = ALLOWED[module];
    if (allowed === undefined) violations.push(`${file} is in a module that ALLOWED does not list`);
    for (const target of imports) {
      const targetModule = moduleOf(target);
      const isAllowed = targetModule === module || allowed?.includes(targetModule) ||
        (COMMON.includes(targetModule) && !["events", "clock.ts", "tracing.ts"].includes(module));
      if (!isAllowed) violations.push(`${file} must not import ${target}`);
    }
  }
  assertEquals(violations, []);
});

Deno.test("every module that a rule names exists", async () => {
  const modules = new Set([...(await importGraph()).keys()].map(moduleOf));
  const named = [...Object.keys(ALLOWED), ...FREE, ...COMMON];
  assertEquals(named.filter((module) => !modules.has(module)), []);
});

Deno.test("the SDK imports only three files of the service, which import nothing", async () => {
  const graph = await importGraph();
  const shared = ["events/catalogue.ts", "events/cut.ts", "events/send_again.ts"];
  const imported = [...graph]
    .filter(([file]) => moduleOf(file) === "client")
    .flatMap(([, imports]) => imports)
    .filter((target) => moduleOf(target) !== "client");
  assertEquals([...new Set(imported)].toSorted(), shared);
  for (const file of shared) assertEquals(graph.get(file), []);
});

Deno.test("the server SDK imports only five files of others, of which none has a package", async () => {
  const graph = await importGraph();
  const imported = [...graph]
    .filter(([file]) => moduleOf(file) === "server_sdk")
    .flatMap(([, imports]) => imports)
    .filter((target) => moduleOf(target) !== "server_sdk");
  assertEquals([...new Set(imported)].toSorted(), [
    "client/event_types.ts",
    "clock.ts",
    "events/catalogue.ts",
    "events/id.ts",
    "events/send_again.ts",
  ]);
  for (const file of await listSources("server_sdk/")) {
    const text = await readFile(`src/${file}`);
    const packages = [...text.matchAll(/from "([^".][^"]*)"/g)].map(([, name]) => name ?? "");
    assertEquals(packages.filter((name) => !name.startsWith("node:")), [], file);
  }
});

Deno.test("the dashboard imports only types from the service", async () => {
  const violations: string[] = [];
  for (const file of await listSources("dashboard/")) {
    const text = await readFile(`src/${file}`);
    for (const [, names, specifier = ""] of text.matchAll(/import ([^;]+?) from "(\.[^"]+)"/g)) {
      const target = resolveImport(file, specifier);
      if (moduleOf(target) === "dashboard" || names?.startsWith("type ")) continue;
      violations.push(`${file} imports ${target}`);
    }
  }
  assertEquals(violations, []);
});
