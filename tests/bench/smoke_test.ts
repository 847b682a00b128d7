import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { serverPrograms } from "../support/cluster.ts";
import { runTask } from "../support/command.ts";
import { findDenokv } from "../support/denokv.ts";
import type { Figure } from "./types.ts";

/** Runs a part with tiny durations and returns its figures, standard output and standard error. */
async function runBench(part: string, seconds: number, settings: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-test-" });
  await Deno.chmod(folder, 0o755); // PostgreSQL runs as another user
  try {
    const json = `${folder}/below/bench.json`;
    const args = [part, "--quick", "--repeats=1", `--seconds=${seconds}`, "--json", json];
    const { DENOKV = "" } = Deno.env.toObject();
    const { code, out, err } = await runTask("bench", args, {
      DENOKV,
      TMPDIR: folder,
      ...settings,
    });
    const { cores, figures } = JSON.parse(
      await Deno.readTextFile(json).catch(() => {
        throw new Error(`The bench ended with ${code}:\n${err}`);
      }),
    );
    assertGreater(cores, 0);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left, ["below"], "the bench left something behind");
    return { code, figures: figures as Figure[], out, err };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a part runs to its end, counts its events and writes its figures", async () => {
  const { code, figures, out, err } = await runBench("track", 1);
  assertEquals(code, 0, err);
  assertEquals(figures.map(({ part, name, unit, target }) => [part, name, unit, target]), [
    ["track", "track, 64 connections, no keys", "requests/s", { atLeast: 1.5 }],
    ["track", "track, 64 connections, random keys", "requests/s", { atLeast: 1.5 }],
  ]);
  for (const { value, limit, ratio } of figures) {
    assert(limit !== null && ratio !== null);
    assertGreater(value.min, 0);
    assertLessOrEqual(value.min, value.median);
    assertLessOrEqual(value.median, value.max);
    assertEquals(ratio.median, value.median / limit.value.median);
  }
  assertStringIncludes(out, "stock tRPC adapter");
  for (const text of ["warming up", "No event went missing"]) assertStringIncludes(err, text);
});

Deno.test("both sides of part peer turn all events into rows", async () => {
  const { code, figures, err } = await runBench("peer", 0.5);
  if (figures.length === 0) { // a program is not installed, or npm has no network
    assertEquals(code, 1);
    assertMatch(err, /^Skipped peer: .*(is missing: .*install|npm could not install)/m);
    return;
  }
  assertEquals(code, 0, err);
  assertEquals(figures.map(({ part, unit }) => [part, unit]), [
    ["peer", "rows/s"],
    ["peer", "rows/s"],
  ]);
  for (const { name, limit, ratio, value, details } of figures) {
    assertStringIncludes(name, "random keys (durable, deduplicated, enriched)");
    assertStringIncludes(limit?.name ?? "", "not durable, deduplicated by key, not enriched");
    assertEquals(ratio?.median, value.median / (limit?.value.median ?? 0));
    assertEquals(details.map(({ name }) => name), ["enriched", "p99", "hand-made p99"]);
    assertGreater(details[0]?.value.min ?? 0, 0);
  }
});

Deno.test("a part whose programs are missing is skipped, and leaves nothing behind", async () => {
  const empty = await Deno.makeTempDir({ prefix: "sluice-bench-path-" });
  try {
    const { code, figures, out, err } = await runBench("peer", 0.5, { PATH: empty });
    assertEquals([code, figures, out], [1, [], ""]);
    for (const name of ["redis-server", "node", "npm"]) {
      assertStringIncludes(err, `${name} is missing: `);
    }
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
});

Deno.test("part remote compares kinds of KV, measures near and far, and counts its events", async () => {
  const { code, figures, err } = await runBench("remote", 0.6);
  const hasPostgres = serverPrograms() !== null;
  const hasDenokv = findDenokv() !== null;
  if (!hasPostgres && !hasDenokv) {
    assertEquals([code, figures], [1, []]);
    assertStringIncludes(err, "denokv is missing: cargo install denokv");
    return;
  }
  assertEquals(code, 0, err);
  const compared = [...(hasDenokv ? ["denokv"] : []), ...(hasPostgres ? ["PostgreSQL"] : [])]
    .flatMap((kind) =>
      ["one process", "2 processes"].map((n) => `trackBatch, KV: ${kind}, no keys, ${n}`)
    );
  const onDenokv = ["on this machine", "20 ms away"].flatMap((distance) =>
    ["track", "trackBatch"].flatMap((route) => [
      `${route}, denokv ${distance}, no keys`,
      `${route}, denokv ${distance}, random keys`,
    ])
  );
  assertEquals(figures.map(({ name }) => name), [
    ...compared,
    ...(hasDenokv ? onDenokv : []),
  ]);
  for (const { value, limit } of figures) {
    assertGreater(value.min, 0);
    assertGreater(limit?.value.min ?? 0, 0);
  }
});

Deno.test("part processes compares several with one on each KV, and says what an event costs", async () => {
  const { code, figures, err } = await runBench("processes", 0.3);
  assertEquals(code, 0, err);
  const kinds = ["a file"];
  if (findDenokv() !== null) kinds.push("denokv");
  else assertStringIncludes(err, "Skipped processes: denokv is missing: cargo install denokv");
  if (serverPrograms() !== null) kinds.push("PostgreSQL");
  else assertStringIncludes(err, "Skipped processes: PostgreSQL's server programs are missing");
  assertEquals(
    figures.map(({ name }) => name),
    kinds.flatMap((kind) =>
      ["track", "trackBatch"].flatMap((route) => [
        `${route}, one process on ${kind}`,
        `${route}, 2 processes on ${kind}`,
      ])
    ),
  );
  for (const { name, value, limit, details } of figures) {
    assertGreater(value.min, 0);
    assertEquals(limit?.name, name.includes("one process") ? undefined : "one process");
    assertEquals(details.map(({ name }) => name), [
      "service",
      "its main thread",
      ...name.endsWith("a file") ? [] : ["KV"],
      "load generator",
      "busy",
    ]);
  }
});
