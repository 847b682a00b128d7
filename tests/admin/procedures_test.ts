import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { createApp, type OpenedParts } from "../../src/app.ts";
import { mintToken } from "../../src/auth/token.ts";
import { systemClock } from "../../src/clock.ts";
import { Lease } from "../../src/flush/lease.ts";
import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { answerOf, asAdmin, forceFlush, openClosedDatabase } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const FORCE_FLUSH = "/api/trpc/eventIngestion.forceFlush";
const GET_STATS = "/api/trpc/eventIngestion.getStats";

const defaults = {
  batchSize: 100,
  batchTimeoutMs: 10_000,
  enableDeduplication: true,
  enableEnrichment: true,
  deduplicationTtlSeconds: 60,
};

async function statsOf(app: TestApp): Promise<unknown> {
  const { status, body } = await answerOf(app.get(GET_STATS, await asAdmin(app)));
  assertEquals(status, 200);
  return body;
}

function stats(bufferSize: number, isProcessing = false, config = defaults) {
  return { result: { data: { bufferSize, isProcessing, config } } };
}

async function track(app: TestApp, count: number, sessionId: string): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ eventType: `event_${i}`, sessionId }));
  const { status, body } = await answerOf(app.post("/v1/events/batch", { events }));
  assertEquals([status, (body as { successful: number }).successful], [200, count]);
}

async function countRows(sessionId: string): Promise<number> {
  const [row] = await postgres.database.run((sql) =>
    sql<[{ count: number }]>`
      select count(*)::integer as count from events where session_id = ${sessionId}::uuid
    `
  );
  return row.count;
}

/** Calls `getStats` and `forceFlush`. @returns status and error code of each */
async function callBoth(app: TestApp, headers: HeadersInit) {
  const answers = [];
  for (const answer of [app.get(GET_STATS, headers), app.post(FORCE_FLUSH, {}, headers)]) {
    const { status, body } = await answerOf(answer);
    const { error } = body as { error?: { data: { code: string } } };
    answers.push([status, error?.data.code ?? null]);
  }
  return answers;
}

Deno.test("6.3 no token, or an unusable one, is unauthorized", async () => {
  await using app = await openTestApp(postgres.database);
  const admin = { sub: "user_1", role: "ADMIN", expiresInSeconds: 60 };
  const now = Date.now();
  const tokens = {
    garbage: "not.a.token",
    expired: await mintToken(SECRET, { ...admin, expiresInSeconds: -1 }, now),
    forged: await mintToken("another secret, thirty-two bytes", admin, now),
    // Header {"alg":"none"}, and the claims of an admin.
    unsigned: `eyJhbGciOiJub25lIn0.${btoa('{"role":"ADMIN","sub":"user_12"}')}.`,
  };
  const unauthorized = [[401, "UNAUTHORIZED"], [401, "UNAUTHORIZED"]];
  assertEquals(await callBoth(app, {}), unauthorized);
  for (const [what, token] of Object.entries(tokens)) {
    assertEquals(await callBoth(app, { authorization: `Bearer ${token}` }), unauthorized, what);
    assertEquals(await callBoth(app, { cookie: `session=${token}` }), unauthorized, what);
  }
});

Deno.test("6.3 any role but ADMIN is forbidden", async () => {
  await using app = await openTestApp(postgres.database);
  for (const role of ["CREATOR", "BRAND", "admin", "ADMIN ", "SUPERADMIN"]) {
    const authorization = `Bearer ${await app.token(role)}`;
    const forbidden = [[403, "FORBIDDEN"], [403, "FORBIDDEN"]];
    assertEquals(await callBoth(app, { authorization }), forbidden, role);
  }
});

Deno.test("6.3 an admin is allowed, by bearer token or by cookie", async () => {
  await using app = await openTestApp(postgres.database, {
    environment: { AUTH_COOKIE: "sluice_session" },
  });
  const token = await app.token("ADMIN");
  const allowed = [[200, null], [200, null]];
  assertEquals(await callBoth(app, { authorization: `Bearer ${token}` }), allowed);
  assertEquals(await callBoth(app, { cookie: `a=b; sluice_session=${token}` }), allowed);
  const unauthorized = [[401, "UNAUTHORIZED"], [401, "UNAUTHORIZED"]];
  assertEquals(await callBoth(app, { cookie: `session=${token}` }), unauthorized);
});

Deno.test("6.3 without a secret or JWKS there are no admins", async () => {
  await using app = await openTestApp(postgres.database, { environment: { AUTH_JWT_SECRET: "" } });
  const unauthorized = [[401, "UNAUTHORIZED"], [401, "UNAUTHORIZED"]];
  assertEquals(await callBoth(app, await asAdmin(app)), unauthorized);
});

Deno.test("8.4 getStats counts buffered events and shows the default configuration", async () => {
  await using app = await openTestApp(postgres.database);
  assertEquals(await statsOf(app), stats(0));
  await track(app, 3, crypto.randomUUID());
  assertEquals(await statsOf(app), stats(3));
  await forceFlush(app);
  assertEquals(await statsOf(app), stats(0));
});

Deno.test("8.4 getStats shows the configuration that the service runs with", async () => {
  const environment = {
    BATCH_SIZE: "7",
    BATCH_TIMEOUT_MS: "1234",
    ENABLE_DEDUPLICATION: "false",
    ENABLE_ENRICHMENT: "false",
    DEDUPLICATION_TTL_SECONDS: "5",
  };
  await using app = await openTestApp(postgres.database, { environment });
  const config = {
    batchSize: 7,
    batchTimeoutMs: 1234,
    enableDeduplication: false,
    enableEnrichment: false,
    deduplicationTtlSeconds: 5,
  };
  assertEquals(await statsOf(app), stats(0, false, config));
});

Deno.test("8.2 getStats reports isProcessing while any process holds the flush lease", async () => {
  await using app = await openTestApp(postgres.database);
  const lease = await Lease.acquire(app.kv, systemClock, "another process");
  assertEquals(await statsOf(app), stats(0, true));
  await lease?.release();
  assertEquals(await statsOf(app), stats(0, false));
});

Deno.test("8.3 forceFlush reports how many events it flushed, or that the buffer is empty", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  const empty = { flushed: true, message: "Buffer is empty" };
  assertEquals(await forceFlush(app), empty);
  await track(app, 42, sessionId);
  assertEquals(await countRows(sessionId), 0);
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 42 events" });
  assertEquals(await countRows(sessionId), 42);
  assertEquals(await forceFlush(app), empty);
});

Deno.test("8.3 forceFlush reports that Postgres is down, and nothing is lost", async () => {
  await using closed = openClosedDatabase();
  const opened: OpenedParts[] = [];
  await using app = await openTestApp(closed, {
    parts(parts) {
      opened.push(parts);
      return parts;
    },
  });
  const sessionId = crypto.randomUUID();
  await track(app, 3, sessionId);
  const { flushed, message, ...others } = await forceFlush(app);
  assertEquals([flushed, others], [false, {}]);
  assertStringIncludes(message, "ECONNREFUSED");
  assertEquals(await statsOf(app), stats(3));
  await track(app, 2, crypto.randomUUID());

  // Another process on the same KV, with a working Postgres.
  const [parts] = opened;
  assert(parts !== undefined);
  const other = createApp({ ...parts, database: postgres.database });
  await using _ = { [Symbol.asyncDispose]: () => other.drain(5_000) };
  const result = await forceFlush({ token: app.token, post: postTo(other) });
  assertEquals(result, { flushed: true, message: "Flushed 5 events" });
  assertEquals(await countRows(sessionId), 3);
  assertEquals(await statsOf(app), stats(0));
});

function postTo(app: Pick<TestApp["app"], "fetch">): TestApp["post"] {
  return async (path, body, headers = {}) => {
    const json = {
      "content-type": "application/json",
      ...Object.fromEntries(new Headers(headers)),
    };
    const init = { method: "POST", headers: json, body: JSON.stringify(body) };
    return await app.fetch(new Request(`http://sluice.test${path}`, init));
  };
}

Deno.test("8.3 forceFlush waits for a flush of another process", async () => {
  let ids = 0;
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({
      ...parts,
      newId() {
        ids += 1; // every attempt to take the lease uses a new id
        return parts.newId();
      },
    }),
  });
  const sessionId = crypto.randomUUID();
  await track(app, 1, sessionId);
  const lease = await Lease.acquire(app.kv, systemClock, "another process");
  let answered = false;
  const before = ids;
  const answer = forceFlush(app).then((value) => {
    answered = true;
    return value;
  });
  await until(() => ids >= before + 3, "forceFlush to try for the lease three times");
  assertEquals([answered, await countRows(sessionId)], [false, 0]);
  await lease?.release();
  assertEquals(await answer, { flushed: true, message: "Flushed 1 events" });
  assertEquals(await countRows(sessionId), 1);
});

Deno.test("8.3 forceFlush times out after 30 s of another flush, and nothing is lost", async () => {
  const clock = new FakeClock(Date.now());
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({ ...parts, clock }),
  });
  await track(app, 1, crypto.randomUUID());
  const startedAt = clock.now();
  const lease = await Lease.acquire(app.kv, clock, "another process"); // keeps renewing it
  const pending = app.post(FORCE_FLUSH, {}, await asAdmin(app));
  let response: Response | null = null;
  pending.then((value) => response = value);
  await until(async () => {
    await clock.advance(response === null ? 250 : 0);
    return response !== null;
  }, "forceFlush to time out");
  const seconds = (clock.now() - startedAt) / 1000;
  assert(seconds >= 30 && seconds < 33, `timed out after ${seconds} s`);
  assertEquals(await answerOf(pending), {
    status: 504,
    body: {
      error: {
        message: "Another flush is still running after 30 s",
        code: -32008,
        data: { code: "TIMEOUT", httpStatus: 504, path: "eventIngestion.forceFlush" },
      },
    },
  });
  assertEquals(await statsOf(app), stats(1, true));
  await lease?.release();
});
