/**
 * An app is killed while it tracks, again and again, and started with what its storage had.
 *
 * `SLUICE_KILLS=50 deno task test tests/client/native/kill_test.ts` kills more often.
 */

import { builtPackage } from "../../support/built_package.ts";
import { bundle } from "../../../src/build/bundle.ts";
import { Random } from "../../../src/simulate/random.ts";
import { TextLineStream } from "../../server_sdk/text_lines.ts";
import { openTestApp } from "../../support/app.ts";
import { assertEquals, assertGreater } from "../../support/assert.ts";
import { rowsOf } from "../../support/load.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { forceFlush, serve } from "../../support/server.ts";

const KILLS = Number(Deno.env.get("SLUICE_KILLS") ?? 5);
const SEED = Number(Deno.env.get("SLUICE_SEED") ?? Math.floor(Math.random() * 2 ** 31));
/** Numbers of one process. */
const RANGE = 1_000_000;

const postgres = await openTestPostgres();
const folder = await Deno.makeTempDir({ prefix: "sluice-app-" });
Deno.test.afterAll(async () => {
  await Deno.remove(folder, { recursive: true });
  await postgres[Symbol.asyncDispose]();
});

/** Starts the app in Node, which has no more of the web than React Native with a polyfill has. */
async function* startApp(...args: string[]) {
  const command = [`${folder}/app.mjs`, `${folder}/native.mjs`, ...args];
  const child = new Deno.Command("node", { args: command, stdin: "null", stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) yield { line, kill: () => child.kill("SIGKILL") };
  await child.status;
}

Deno.test(`10.30 each event that was saved is one row, after ${KILLS} kills of its app`, async () => {
  const random = new Random(SEED);
  const run = crypto.randomUUID();
  const storage = `${folder}/storage`;
  await Deno.mkdir(storage);
  const { files } = await builtPackage("client");
  await Deno.writeTextFile(`${folder}/native.mjs`, files.get("esm/native.js") ?? "");
  const entry = new URL("app_process.ts", import.meta.url);
  const app = await bundle({ entry, platform: "deno", format: "esm", minified: false });
  await Deno.writeTextFile(`${folder}/app.mjs`, app);

  await using service = await openTestApp(postgres.database);
  await using server = serve(service.app);
  const saved = new Set<number>();
  let left = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const limit = random.whole(1, 200);
    let count = 0;
    for await (const { line, kill: end } of startApp(server.url, storage, run, `${kill * RANGE}`)) {
      saved.add(Number(line));
      if (++count === limit) end();
    }
    // The key of an event has a space.
    if ([...Deno.readDirSync(storage)].some(({ name }) => name.includes("%20"))) left++;
  }
  const [last] = await Array.fromAsync(startApp(server.url, storage, run));
  while ((await forceFlush(service)).message !== "Buffer is empty");
  const rows = await rowsOf(postgres.database, run);

  const message = `seed ${SEED}; set SLUICE_SEED to reproduce`;
  const lost = [...saved].filter((n) => !rows.has(n));
  const doubled = [...rows].filter(([, count]) => count > 1).map(([n]) => n);
  assertEquals({ lost, doubled }, { lost: [], doubled: [] }, message);
  assertEquals(JSON.parse(last?.line ?? "null"), { rejected: 0, dropped: 0 }, message);
  assertGreater(saved.size, KILLS);
  assertGreater(left, 0, "kills that left events in the storage");
});
