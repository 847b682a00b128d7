/** Events sent with API keys, through the whole application to real rows. */

import { createTRPCClient, httpBatchLink, httpLink } from "@trpc/client";
import { makeKey } from "../../src/api_keys/format.ts";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import { createKey, randomBytes } from "../support/api_keys.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals, assertLess, assertMatch, assertRejects } from "../support/assert.ts";
import { adminClient } from "../support/admin.ts";
import { captureLogs } from "../support/logs.ts";
import { until } from "../support/until.ts";
import type { Scope } from "../../src/events/api_key.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, refusalOf, serve } from "../support/server.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

async function rowsOf(app: TestApp, mark: string) {
  await forceFlush(app);
  return await database.run((sql) =>
    sql`
      select actor_id, actor_type, user_id, creator_id, brand_id, occurred_at
      from events where event_type = ${mark} order by id
    `
  );
}

function newEvent(props: Record<string, unknown> = {}) {
  return { eventType: `e_${crypto.randomUUID()}`, source: "api", props };
}

for (
  const [way, headers] of [
    ["Authorization: Bearer", (key: string) => ({ authorization: `Bearer ${key}` })],
    ["X-Api-Key", (key: string) => ({ "x-api-key": key })],
    ["X-Api-Key beside a user's token", (key: string) => ({
      "x-api-key": key,
      authorization: "Bearer a.b.c",
    })],
  ] as const
) {
  Deno.test(`13.1 13.2 an event with a key in ${way} is its sender's, and no user's`, async () => {
    await using app = await openTestApp(database);
    const { id, key } = await createKey(database);
    const event = newEvent();
    const batched = newEvent();
    const response = await app.post("/v1/events", event, headers(key));
    assertEquals([response.status, await response.json()], [200, { eventId: null, tracked: true }]);
    const batch = await app.post("/v1/events/batch", { events: [batched] }, headers(key));
    assertEquals((await batch.json()).successful, 1);
    for (const { eventType } of [event, batched]) {
      const [row, ...others] = await rowsOf(app, eventType);
      assertEquals(others, []);
      const { occurred_at: _, ...who } = row ?? {};
      assertEquals(who, {
        actor_id: id,
        actor_type: "api_key",
        user_id: null,
        creator_id: null,
        brand_id: null,
      });
    }
  });
}

Deno.test("13.2 tRPC clients send keys by header; the key is in no column of any table", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const { key } = await createKey(database);
  const event = newEvent();
  for (const link of [httpLink, httpBatchLink]) {
    const client = createTRPCClient<AppRouter>({
      links: [link({ url: `${server.url}/api/trpc`, headers: { "x-api-key": key } })],
    });
    await client.eventIngestion.track.mutate({ ...event, props: { n: link.name } } as never);
  }
  assertEquals((await rowsOf(app, event.eventType)).length, 2);
  const dump = await database.run(async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select table_name as name from information_schema.tables where table_schema = 'public'
    `;
    const texts = [];
    for (const { name } of tables) texts.push(...await sql.unsafe(`select t::text from ${name} t`));
    return JSON.stringify(texts);
  });
  const parts = [key, key.slice("sluice_key_".length, -6)];
  assertEquals(parts.filter((part) => dump.includes(part)), []);
});

for (
  const [reason, makeWrong, sentence] of [
    ["unknown", () => makeKey(randomBytes), /^The API key sluice_key_\w{4}…\w{4} is unknown: /],
    [
      "mistyped",
      () => `${makeKey(randomBytes).slice(0, -1)}_`,
      /^The API key sluice_key_\w{4}…\w{3}_ is mistyped: it has characters other than/,
    ],
    ["mistyped", () => "sluice_key_abc", /^The API key sluice_key_abc… is mistyped: it has 3 cha/],
  ] as const
) {
  const wrong = makeWrong();
  Deno.test(`2.21 3.6 13.2 a key that is ${reason} (${wrong.length} characters) is 401 and says so, at every endpoint`, async () => {
    await using app = await openTestApp(database);
    const headers = { "x-api-key": wrong };
    const single = await refusalOf(app.post("/v1/events", newEvent(), headers));
    assertEquals([single.status, single.code], [401, "UNAUTHORIZED"]);
    assertMatch(single.message, sentence);
    const events = [newEvent(), newEvent()];
    const batch = await refusalOf(app.post("/v1/events/batch", { events }, headers));
    assertEquals([batch.status, batch.message], [401, single.message]);
    const beacon = await refusalOf(app.post("/v1/beacon", { events }, headers));
    assertEquals([beacon.status, beacon.message], [401, single.message]);
    const trpc = await app.post("/api/trpc/eventIngestion.track", newEvent(), headers);
    assertEquals([trpc.status, (await trpc.json()).error.message], [401, single.message]);
    const stats = await app.get("/api/trpc/eventIngestion.getStats", headers);
    assertEquals([stats.status, (await stats.json()).error.message], [401, single.message]);
    const query = `/v1/pixel.gif?eventType=${newEvent().eventType}`;
    const pixel = await app.get(query, headers);
    assertEquals([pixel.status, pixel.headers.get("content-type")], [200, "image/gif"]);
    await pixel.body?.cancel();
    await app.app.everyMinute();
    const metrics = await (await app.get("/metrics")).text();
    assertMatch(
      metrics,
      new RegExp(`sluice_events_rejected_total\\{reason="key_${reason}"\\} 7\n`),
    );
    await app.app.everyMinute();
    const { rejections } = await adminClient(app).admin.rejections.query();
    const listed = rejections.filter(({ kind }) => kind === "unauthorized");
    assertEquals(listed.map(({ events, rule, message }) => [events, rule, message]), [
      [7, `API key not accepted: ${reason}`, single.message],
    ]);
  });
}

Deno.test("13.1 what was meant as a key is never anonymous: in quotation marks, broken in two, or sent twice", async () => {
  await using app = await openTestApp(database);
  const { key } = await createKey(database);
  const callers: readonly Record<string, string>[] = [
    { authorization: `Bearer "${key}"` },
    { authorization: `Bearer ${key.slice(0, 30)} ${key.slice(30)}` },
    { authorization: `Bearer ${key}, Bearer ${key}` },
    { "x-api-key": `'${key}'` },
    { "x-api-key": `"${key}"`, authorization: `Bearer ${await app.token("ADMIN")}` },
  ];
  for (const headers of callers) {
    const event = newEvent();
    const { status, message } = await refusalOf(app.post("/v1/events", event, headers));
    assertEquals(status, 401);
    assertMatch(message, /^The API key sluice_key_\w{4}….{4} is mistyped: it has \d+ characters/);
    assertEquals((await rowsOf(app, event.eventType)).length, 0);
  }
});

Deno.test("13.2 a revoked key is 401, by its name, in another process too", async () => {
  await using app = await openTestApp(database);
  await using other = await openTestApp(database);
  const { id, key } = await createKey(database, { name: "billing" });
  const headers = { "x-api-key": key };
  for (const each of [app, other]) {
    assertEquals((await each.post("/v1/events", newEvent(), headers)).status, 200);
  }
  assertEquals(await adminClient(app).admin.apiKeys.revoke.mutate({ id }), { revoked: true });
  const { status, message } = await refusalOf(app.post("/v1/events", newEvent(), headers));
  assertEquals([status, message], [
    401,
    `The API key "billing" (${key.slice(0, 15)}…${key.slice(-4)}) is revoked`,
  ]);
  const since = performance.now();
  await until(async () => {
    const response = await other.post("/v1/events", newEvent(), headers);
    await response.body?.cancel();
    return response.status === 401;
  }, "the other process refuses the key");
  assertLess(performance.now() - since, 5_000);
  assertEquals(await adminClient(app).admin.apiKeys.revoke.mutate({ id }), { revoked: false });
});

Deno.test("13.3 a key without a scope is 403, naming the scope and the key", async () => {
  await using app = await openTestApp(database);
  const of = async (...scopes: Scope[]) => ({
    "x-api-key": (await createKey(database, { name: "of finance", scopes })).key,
  });
  const [reading, sending, all] = [await of("read"), await of("ingest:as"), await of("admin")];
  const stats = "/api/trpc/eventIngestion.getStats";
  const flush = "/api/trpc/eventIngestion.forceFlush";
  const keys = "/api/trpc/admin.apiKeys.list";
  const calls = {
    track: (headers: HeadersInit) => app.post("/v1/events", newEvent(), headers),
    batch: (headers: HeadersInit) =>
      app.post("/v1/events/batch", { events: [newEvent()] }, headers),
    stats: (headers: HeadersInit) => app.get(stats, headers),
    overview: (headers: HeadersInit) => app.get("/api/trpc/admin.overview", headers),
    keys: (headers: HeadersInit) => app.get(keys, headers),
    flush: (headers: HeadersInit) => app.post(flush, {}, headers),
  };
  const missing = async (headers: HeadersInit) => {
    const found: Record<string, string | null> = {};
    for (const [name, call] of Object.entries(calls)) {
      const response = await call(headers);
      const body = await response.json();
      const message = body.message ?? body.error?.message;
      assertEquals(response.status === 200 ? undefined : 403, message && response.status);
      found[name] = message ?? null;
    }
    return found;
  };
  const lacks = (scope: string) => `The API key "of finance" lacks the scope ${scope}`;
  assertEquals(await missing(reading), {
    track: lacks("ingest"),
    batch: lacks("ingest"),
    stats: null,
    overview: null,
    keys: lacks("admin"),
    flush: lacks("admin"),
  });
  assertEquals(await missing(sending), {
    track: null,
    batch: null,
    stats: lacks("read"),
    overview: lacks("read"),
    keys: lacks("admin"),
    flush: lacks("admin"),
  });
  const nothing = {
    track: null,
    batch: null,
    stats: null,
    overview: null,
    keys: null,
    flush: null,
  };
  assertEquals(await missing(all), nothing);
});

Deno.test("13.3 4.13 with the scope import events keep times before 30 days ago, until 1990", async () => {
  await using app = await openTestApp(database);
  const importing = { "x-api-key": (await createKey(database, { scopes: ["import"] })).key };
  const sending = { "x-api-key": (await createKey(database)).key };
  const old = newEvent({ occurred_at: "2003-05-06T07:08:09Z" });
  const refused = await refusalOf(app.post("/v1/events", old, sending));
  assertEquals(refused.status, 412);
  assertMatch(refused.message, /^props.occurred_at must not be older than 30 days/);
  assertEquals((await app.post("/v1/events", old, importing)).status, 200);
  const [row] = await rowsOf(app, old.eventType);
  assertEquals(row?.["occurred_at"], new Date("2003-05-06T07:08:09Z"));
  for (const [time, reason] of [[0, /before 1990/], ["2999-01-01", /in the future/]] as const) {
    const wrong = newEvent({ occurred_at: time });
    const { status, message } = await refusalOf(app.post("/v1/events", wrong, importing));
    assertEquals(status, 412);
    assertMatch(message, reason);
  }
});

Deno.test("2.20 a key with a rate of its own is limited by that, others as users are", async () => {
  await using app = await openTestApp(database, {
    environment: { RATE_LIMIT_EVENTS_PER_SECOND: "0.01" },
  });
  const own = { "x-api-key": (await createKey(database, { eventsPerSecond: 100_000 })).key };
  const [shared, another] = [
    { "x-api-key": (await createKey(database)).key },
    { "x-api-key": (await createKey(database)).key },
  ];
  const send = async (headers: HeadersInit) => {
    const response = await app.post("/v1/events", newEvent(), headers);
    const { message } = await response.json();
    return [response.status, response.headers.get("retry-after") !== null, message];
  };
  for (let n = 0; n < 60; n++) assertEquals((await send(own))[0], 200);
  for (let n = 0; n < 50; n++) assertEquals((await send(shared))[0], 200);
  assertEquals(await send(shared), [
    429,
    true,
    "More than 0.01 events per second (RATE_LIMIT_EVENTS_PER_SECOND)",
  ]);
  assertEquals((await send(another))[0], 200);
  const low = { "x-api-key": (await createKey(database, { eventsPerSecond: 0.01 })).key };
  for (let n = 0; n < 50; n++) await send(low);
  assertEquals(await send(low), [
    429,
    true,
    "More than 0.01 events per second (the limit of the API key)",
  ]);
});

Deno.test("13.6 REQUIRE_KEY refuses anonymous senders, and no others", async () => {
  await using app = await openTestApp(database, { environment: { REQUIRE_KEY: "true" } });
  const { key } = await createKey(database);
  const token = await app.token("CREATOR");
  const welcome = [
    { "x-api-key": key },
    { authorization: `Bearer ${token}` },
    { cookie: `session=${token}` },
    { authorization: `Bearer ${token}`, "sec-gpc": "1" },
  ];
  for (const headers of welcome) {
    const response = await app.post("/v1/events", newEvent(), headers);
    assertEquals([response.status, await response.json()], [200, { eventId: null, tracked: true }]);
  }
  const says = /^Events of anonymous senders are not accepted \(REQUIRE_KEY\): send an API key as /;
  const foreign = { cookie: `session=${token}`, origin: "https://evil.example" };
  for (const headers of [{}, foreign, { "sec-gpc": "1" }]) {
    const refused = await refusalOf(app.post("/v1/events", newEvent(), headers));
    assertEquals(refused.status, 401);
    assertMatch(refused.message, says);
  }
  const { message } = await refusalOf(
    app.post("/v1/events", newEvent(), { authorization: "Bearer a.b.c" }),
  );
  assertMatch(message, /\. The token is not accepted: it is not a valid JWT$/);
  assertEquals((await app.post("/v1/beacon", newEvent())).status, 401);
  const event = newEvent();
  const pixel = await app.get(`/v1/pixel.gif?eventType=${event.eventType}`);
  assertEquals(pixel.status, 200);
  await pixel.body?.cancel();
  assertEquals((await rowsOf(app, event.eventType)).length, 0);
  assertEquals((await app.get("/livez")).status, 200);
});

Deno.test("6.2 13.1 another service's X-Api-Key makes no error, and is listed with the anonymous events", async () => {
  await using app = await openTestApp(database);
  const headers = { "x-api-key": "key of a gateway" };
  assertEquals((await app.post("/v1/events", newEvent(), headers)).status, 200);
  const token = await app.token("CREATOR", "user_5");
  const event = newEvent();
  await app.post("/v1/events", event, { ...headers, authorization: `Bearer ${token}` });
  assertEquals((await rowsOf(app, event.eventType)).map((row) => row["user_id"]), ["user_5"]);
  await app.app.everyMinute();
  const { rejections } = await adminClient(app).admin.rejections.query();
  assertEquals(rejections.map(({ rule, events }) => [rule, events]), [
    ["token not accepted: api key", 1],
  ]);
});

Deno.test("5.12 events of one key are told apart like those of one user, events of two keys always", async () => {
  await using app = await openTestApp(database);
  const [one, two] = [(await createKey(database)).key, (await createKey(database)).key];
  const event = newEvent({ occurred_at: new Date().toISOString() });
  for (const [key, agent] of [[one, "a"], [one, "b"], [two, "a"]] as const) {
    await app.post("/v1/events", event, { "x-api-key": key, "user-agent": agent });
  }
  assertEquals((await rowsOf(app, event.eventType)).length, 2);
});

Deno.test("13.4 Sec-GPC of a request with a key does not count", async () => {
  await using app = await openTestApp(database);
  const { id, key } = await createKey(database);
  const event = { ...newEvent(), sessionId: crypto.randomUUID() };
  await app.post("/v1/events", event, { "x-api-key": key, "sec-gpc": "1" });
  await forceFlush(app);
  const [row] = await database.run((sql) =>
    sql`select actor_id, session_id from events where event_type = ${event.eventType}`
  );
  assertEquals(row, { actor_id: id, session_id: event.sessionId });
});

Deno.test("13.2 a refused key is neither logged nor repeated, whatever it is", async () => {
  await using logs = await captureLogs();
  await using app = await openTestApp(database);
  const { key, id } = await createKey(database);
  await adminClient(app).admin.apiKeys.revoke.mutate({ id });
  const keys = [key, makeKey(randomBytes), `${makeKey(randomBytes)}x`, `${key.slice(0, -1)}€`];
  const texts: string[] = [];
  for (const wrong of keys) {
    for (const path of ["/v1/events", "/v1/events/batch", "/v1/beacon", "/api/trpc/a"]) {
      const headers = new Headers();
      try {
        headers.set("x-api-key", wrong);
      } catch {
        continue; // no header can have it
      }
      const response = await app.post(path, newEvent(), headers);
      texts.push(JSON.stringify([...response.headers]), await response.text());
    }
  }
  await app.app.everyMinute();
  const { rejections } = await adminClient(app).admin.rejections.query();
  texts.push(JSON.stringify(rejections), await (await app.get("/metrics")).text());
  texts.push(...logs.records.map(({ message, properties }) => Deno.inspect([message, properties])));
  const said = texts.join("\n");
  assertMatch(said, /sluice_key_\w{4}…/);
  for (const wrong of keys) {
    const secret = wrong.slice("sluice_key_".length + 4, -4);
    assertEquals([secret.slice(0, 8)].filter((part) => said.includes(part)), []);
  }
});

Deno.test("9.14 a foreign page can neither list nor create nor revoke keys with an admin's cookie", async () => {
  await using app = await openTestApp(database);
  const cookie = {
    cookie: `session=${await app.token("ADMIN")}`,
    origin: "https://evil.example",
    "sec-fetch-site": "cross-site",
  };
  const input = { name: "evil", scopes: ["admin"] };
  const create = await app.post("/api/trpc/admin.apiKeys.create", input, cookie);
  assertEquals(create.status, 403);
  await create.body?.cancel();
  const list = await app.get("/api/trpc/admin.apiKeys.list", cookie);
  assertEquals(list.status, 403);
  await list.body?.cancel();
  await assertRejects(
    () => adminClient(app, "CREATOR").admin.apiKeys.list.query(),
    Error,
    "requires the ADMIN role",
  );
  const { keys } = await adminClient(app).admin.apiKeys.list.query();
  assertEquals(keys.filter(({ name }) => name === "evil"), []);
});

Deno.test("9.14 a key is shown once, and then by its ends, use and state", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const { id, key } = await admin.apiKeys.create.mutate({
    name: " billing ",
    scopes: ["ingest", "read"],
    environment: "production",
    eventsPerSecond: 7.5,
  });
  const find = async () => (await admin.apiKeys.list.query()).keys.find((each) => each.id === id);
  const { createdAt, ...listed } = await find() ?? {};
  assertMatch(String(createdAt), /^\d{4}-/);
  assertEquals<unknown>(listed, {
    id,
    name: "billing",
    hint: `${key.slice(0, 15)}…${key.slice(-4)}`,
    scopes: ["ingest", "read"],
    environment: "production",
    eventsPerSecond: 7.5,
    isRevoked: false,
    lastUsedAt: null,
    revokedAt: null,
  });
  await app.post("/v1/events", newEvent(), { "x-api-key": key });
  await app.app.everyMinute();
  assertMatch((await find())?.lastUsedAt ?? "", /^\d{4}-/);
  await admin.apiKeys.revoke.mutate({ id });
  assertEquals((await find())?.isRevoked, true);
});

for (
  const [input, message] of [
    [{ name: "a", scopes: [] }, "scopes must have at least one of ingest, ingest:as, import, read"],
    [{ name: "a", scopes: ["all"] }, "scopes.0 must be one of ingest, ingest:as, import, read"],
    [{ name: "  ", scopes: ["read"] }, "name must not be blank"],
    [{ name: "a".repeat(101), scopes: ["read"] }, "name must have at most 100 characters"],
    [
      { name: "a", scopes: ["read"], eventsPerSecond: 0 },
      "eventsPerSecond must be a number above 0 and at most 1000000",
    ],
  ] as const
) {
  Deno.test(`9.14 a key like ${JSON.stringify(input).slice(0, 60)} is not created`, async () => {
    await using app = await openTestApp(database);
    await assertRejects(
      () => adminClient(app).admin.apiKeys.create.mutate(input as never),
      Error,
      message,
    );
  });
}
