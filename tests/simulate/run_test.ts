import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { systemClock } from "../../src/clock.ts";
import type { Options } from "../../src/simulate/options.ts";
import { simulate, type Surroundings } from "../../src/simulate/run.ts";
import { TargetError } from "../../src/simulate/target.ts";
import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { forceFlush, openRoutesPostgres, serve, type TestServer } from "../support/server.ts";

const postgres = await openRoutesPostgres();
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

interface Watched {
  readonly surroundings: Surroundings;
  readonly stop: AbortController;
  readonly notes: string[];
}

function watched(): Watched {
  const stop = new AbortController();
  const notes: string[] = [];
  const surroundings: Surroundings = {
    clock: systemClock,
    stopwatch: () => performance.now(),
    screen: { write: (text) => void notes.push(text), isTerminal: false, colour: false },
    stop: stop.signal,
    auth: { issuer: null, audience: null },
  };
  return { surroundings, stop, notes };
}

async function rows(): Promise<number> {
  const [row] = await postgres.database.run((sql) =>
    sql<{ count: number }[]>`select count(*)::int as count from events`
  );
  return row?.count ?? 0;
}

/** Serves an application; the first event that is sent to it ends the run. */
function serveUntilTracked({ app }: TestApp, stop: AbortController): TestServer {
  return serve({
    fetch(request, info) {
      if (request.url.includes("/v1/")) stop.abort();
      return app.fetch(request, info);
    },
  });
}

Deno.test("what the summary counts as accepted is what Postgres holds after a flush", async () => {
  await using app = await openTestApp(postgres.database);
  const { surroundings, stop, notes } = watched();
  let answered = 0;
  await using server = serve({
    async fetch(request, info) {
      const response = await app.app.fetch(request, info);
      if (++answered === 150) stop.abort();
      return response;
    },
  });
  const before = await rows();
  const summary = await simulate({ ...OPTIONS, url: server.url }, surroundings);
  await forceFlush(app);
  assertEquals(summary.examples, []);
  assert(summary.ok && summary.events >= 300, JSON.stringify(summary));
  assert(summary.expected.duplicates > 0 && summary.expected.invalid > 0);
  assertEquals(summary.refused, summary.expected.invalid);
  assertEquals(await rows() - before, summary.accepted);
  assertEquals(notes, []);
});

Deno.test("tokens are signed with the secret that is given, whatever the settings say of one", async () => {
  await using app = await openTestApp(postgres.database);
  const { surroundings, stop, notes } = watched();
  await using server = serveUntilTracked(app, stop);
  const auth = { ...app.config.auth, secret: null }; // that of `dev` is kept in a file
  await simulate({ ...OPTIONS, url: server.url }, { ...surroundings, auth });
  assertEquals(notes, []);
});

Deno.test("a secret that the service does not know makes everybody anonymous, with a note", async () => {
  await using app = await openTestApp(postgres.database);
  const { surroundings, stop, notes } = watched();
  await using server = serveUntilTracked(app, stop);
  const secret = "another secret, which nobody else knows";
  await simulate({ ...OPTIONS, url: server.url, secret }, surroundings);
  assertEquals(notes, [
    "The service does not take this secret's tokens: every visitor is anonymous.\n",
  ]);
});

Deno.test("where nothing listens, the run ends with a sentence", async () => {
  const { surroundings } = watched();
  await assertRejects(
    () => simulate({ ...OPTIONS, url: "http://127.0.0.1:1" }, surroundings),
    TargetError,
    "Nothing answers at http://127.0.0.1:1; start the service there, or name another with --url.",
  );
});

Deno.test("something that is no Sluice is not sent traffic", async () => {
  await using server = serve({ fetch: () => new Response("hello", { status: 404 }) });
  const { surroundings } = watched();
  await assertRejects(
    () => simulate({ ...OPTIONS, url: server.url }, surroundings),
    TargetError,
    "answers 404; --url takes the address of a Sluice service.",
  );
  assertEquals(server.requests, ["GET /livez"]);
});
