import { assert, assertEquals, assertGreater, assertRejects } from "../support/assert.ts";
import { systemClock } from "../../src/clock.ts";
import type { Options } from "../../src/simulate/options.ts";
import { type RunDependencies, simulate } from "../../src/simulate/run.ts";
import { TargetError } from "../../src/simulate/target.ts";
import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, serve, type TestServer } from "../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const OPTIONS: Options = {
  url: "",
  eventsPerSecond: 100_000,
  seconds: 60,
  concurrency: 16,
  seed: 1,
  secret: SECRET,
  json: false,
  help: false,
};

interface TestRun {
  readonly dependencies: RunDependencies;
  readonly stop: AbortController;
  /** What the run wrote to the screen. */
  readonly written: string[];
}

function createRun(): TestRun {
  const stop = new AbortController();
  const written: string[] = [];
  const dependencies: RunDependencies = {
    clock: systemClock,
    stopwatch: () => performance.now(),
    screen: { write: (text) => void written.push(text), isTerminal: false, colour: false },
    stop: stop.signal,
    auth: { issuer: null, audience: null },
  };
  return { dependencies, stop, written };
}

async function countRows(): Promise<number> {
  const [row] = await postgres.database.run((sql) =>
    sql<{ count: number }[]>`select count(*)::int as count from events`
  );
  return row?.count ?? 0;
}

/** Serves an app; the first event request ends the run. */
function serveUntilFirstEvent({ app }: TestApp, stop: AbortController): TestServer {
  return serve({
    fetch(request, info) {
      if (request.url.includes("/v1/")) stop.abort();
      return app.fetch(request, info);
    },
  });
}

Deno.test("after a flush, Postgres has as many rows as the summary counts as accepted", async () => {
  await using app = await openTestApp(postgres.database);
  const { dependencies, stop, written } = createRun();
  let responses = 0;
  await using server = serve({
    async fetch(request, info) {
      const response = await app.app.fetch(request, info);
      if (++responses === 150) stop.abort();
      return response;
    },
  });
  const before = await countRows();
  const summary = await simulate({ ...OPTIONS, url: server.url }, dependencies);
  await forceFlush(app);
  assertEquals(summary.examples, []);
  assert(summary.ok, JSON.stringify(summary));
  assertGreater(summary.events, 299);
  assertGreater(summary.expected.duplicates, 0);
  assertGreater(summary.expected.invalid, 0);
  assertEquals(summary.rejected, summary.expected.invalid);
  assertEquals(await countRows() - before, summary.accepted);
  assertEquals(written, []);
});

Deno.test("tokens are signed with the given secret, even if the settings have none", async () => {
  await using app = await openTestApp(postgres.database);
  const { dependencies, stop, written } = createRun();
  await using server = serveUntilFirstEvent(app, stop);
  const auth = { ...app.config.auth, secret: null }; // `dev` keeps its secret in a file
  await simulate({ ...OPTIONS, url: server.url }, { ...dependencies, auth });
  assertEquals(written, []);
});

Deno.test("with a secret that the service rejects, all visitors are anonymous and a warning says so", async () => {
  await using app = await openTestApp(postgres.database);
  const { dependencies, stop, written } = createRun();
  await using server = serveUntilFirstEvent(app, stop);
  const secret = "another secret, unknown to the service";
  await simulate({ ...OPTIONS, url: server.url, secret }, dependencies);
  assertEquals(written, [
    "The service rejects tokens signed with this secret: all visitors are anonymous.\n",
  ]);
});

Deno.test("without a service at the URL, the run fails with a clear message", async () => {
  const { dependencies } = createRun();
  await assertRejects(
    () => simulate({ ...OPTIONS, url: "http://127.0.0.1:1" }, dependencies),
    TargetError,
    "No response from http://127.0.0.1:1; start the service, or pass another URL with --url.",
  );
});

Deno.test("no traffic is sent to a server that is not Sluice", async () => {
  await using server = serve({ fetch: () => new Response("hello", { status: 404 }) });
  const { dependencies } = createRun();
  await assertRejects(
    () => simulate({ ...OPTIONS, url: server.url }, dependencies),
    TargetError,
    "responded 404; --url must be the URL of a Sluice service.",
  );
  assertEquals(server.requests, ["GET /livez"]);
});
