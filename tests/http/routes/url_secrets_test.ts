/** Secrets in URLs are not stored: not in any column, nor in KV, nor in logs. */

import fc from "fast-check";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { captureLogs } from "../../support/logs.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { asAdmin, forceFlush } from "../../support/server.ts";
import { until } from "../../support/until.ts";
import { CLICK_IDS } from "../../../src/events/click_ids.ts";
import { REJECTIONS } from "../../../src/kv/keys.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const SECRET = "s3cr3t";
const listed = [...Object.keys(CLICK_IDS), "utm_source", "UTM_Campaign", "utm_x", "keep_me"];

const name = fc.oneof(
  fc.constantFrom(
    "token",
    "code",
    "email",
    "utm",
    "gclid2",
    "a%zz",
    "%74oken",
    "to+ken",
    "next",
    "",
  ),
  fc.webQueryParameters().filter((text) => !/[&=]|utm_|keep_/i.test(text)),
);
const kept = fc.constantFrom(...listed).map((name) => `${name}=k3pt%zz+ä`);
const dropped = name.map((name) => `${name}=${SECRET}`);
const nested = fc.constantFrom(
  ...["https://b.example/?token=", "//u:s3cr3t@b.example/#", "/reset?a;token="].map((url) =>
    `keep_url=${encodeURIComponent(`${url}${SECRET}`)}`
  ),
  `keep_url=https://b.example/?token=${SECRET}`,
  `next=https://b.example/?token=${SECRET}`,
);
const query = fc.tuple(
  fc.array(fc.oneof(kept, dropped, nested), { maxLength: 6 }),
  fc.constantFrom("&", ";", "&amp;", "&&"),
).map(([list, separator]) => list.join(separator));
const fragment = fc.constantFrom("", "#", `#${SECRET}`, `#/p?token=${SECRET}`);
const user = fc.constantFrom("", `${SECRET}@`, `u:${SECRET}@`, `u@x:${SECRET}@`);
const absolute = fc.tuple(
  fc.constantFrom("https://", "http://", "HTTPS://", "ftp://", "app://", "https:\\\\"),
  user,
  fc.constantFrom("a.example", "a.example:80", "[::1]"),
  fc.constantFrom("", "/", "/p;a=1/q", "/%zz"),
  query,
  fragment,
).map(([scheme, user, host, path, query, fragment]) =>
  `${scheme}${user}${host}${path}?${query}${fragment}`
);
const relative = fc.tuple(
  fc.constantFrom("/p", "//a.example/p", `//u:${SECRET}@a.example/`, "p", "../p", ""),
  query,
  fragment,
).map(([path, query, fragment]) => `${path}?${query}${fragment}`);
const url = fc.oneof(absolute, relative);

/** An event with URLs wherever they may be. */
const event = fc.record({
  eventType: fc.constantFrom("page_viewed", "poison"),
  props: fc.record({
    url,
    page: url,
    cta_url: url,
    referrer: url,
    hrefs: fc.array(url, { maxLength: 2 }),
    deep: fc.record({ note: absolute, target: absolute.map((url) => `to ${url} and`) }),
    by: fc.dictionary(absolute, fc.constant(1), { maxKeys: 1 }),
  }),
  attribution: fc.record({
    landingPage: absolute.filter(URL.canParse),
    referrer: absolute.filter(URL.canParse),
    utmContent: absolute.map((url) => url.slice(0, 255)).filter((url) => /[?/]/.test(url)),
  }),
  idempotencyKey: fc.uuid(),
});

async function tableTexts(): Promise<string[]> {
  const rows = await database.run(async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select quote_ident(schemaname) || '.' || quote_ident(tablename) as name
      from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`;
    const texts: string[] = [];
    for (const { name } of tables) {
      const found = await sql.unsafe(`select '${name} ' || t::text as text from ${name} t`);
      texts.push(...found.map(({ text }) => String(text)));
    }
    return texts;
  });
  return rows;
}

async function kvTexts(kv: Deno.Kv): Promise<string[]> {
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) {
    texts.push(
      Deno.inspect([key, value instanceof Uint8Array ? decoder.decode(value) : value], {
        depth: 20,
        strAbbreviateSize: 100_000,
        iterableLimit: 10_000,
      }),
    );
  }
  return texts;
}

function leaks(texts: readonly string[]): string[] {
  return texts.filter((text) => text.includes(SECRET)).map((text) => {
    const at = text.indexOf(SECRET);
    return `${text.slice(0, 40)} … ${text.slice(Math.max(0, at - 200), at + 40)}`;
  });
}

async function send(app: TestApp, events: readonly object[], referer: string): Promise<void> {
  const headers = { referer };
  for (const event of events) {
    const response = await app.post("/v1/events", event, headers);
    assertEquals(response.status, 200, await response.text());
  }
  const keyed = (event: object) => ({ ...event, idempotencyKey: crypto.randomUUID() });
  await app.post("/v1/beacon", { events: events.map(keyed) }, headers);
  const [first] = events;
  await app.post("/api/trpc/eventIngestion.track", keyed(first ?? {}), headers);
  await app.get(
    `/v1/pixel.gif?${new URLSearchParams({
      eventType: "email_opened",
      url: referer,
      note: referer,
    })}`,
    headers,
  );
}

Deno.test("4.11 no parameter outside the list is in any column of any table, in KV or in logs", async () => {
  await using logs = await captureLogs();
  await database.run((sql) =>
    sql`alter table events add constraint no_poison check (event_type <> 'poison')`
  );
  {
    await using app = await openTestApp(database, { environment: { KEEP_QUERY_PARAMS: "keep_*" } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 3 }),
        absolute,
        async (events, at) => {
          const referer = at.replace(/[^\x20-\x7e]/g, "");
          await send(app, events, referer);
          assertEquals(leaks(await kvTexts(app.kv)), [], "buffered");
        },
      ),
      { numRuns: 40 },
    );
    // Rejected events: their examples
    const [bad] = fc.sample(event, 1);
    const wrong = { ...bad, attribution: { landingPage: `p?token=${SECRET}#${SECRET}` } };
    await app.post("/v1/events", wrong);
    await app.post("/v1/events", { ...bad, source: `https://a.example/?token=${SECRET}` });
    await app.post("/v1/events", {
      eventType: "post_viewed",
      props: { url: `/p?token=${SECRET}` },
    });
    await app.get(`/v1/pixel.gif?eventType=&url=${encodeURIComponent(`/p?token=${SECRET}`)}`);
    await until(async () => {
      const entries = await Array.fromAsync(app.kv.list({ prefix: REJECTIONS }));
      return entries.length >= 3;
    }, "rejections in KV");
    await forceFlush(app);
    const stored = await tableTexts();
    assertEquals(leaks(stored), [], "stored");
    assertEquals(leaks(await kvTexts(app.kv)), [], "in KV after the flush");
    assert(stored.some((text) => text.includes("k3pt%zz+ä")), "what is kept is stored as it was");
    assert(stored.some((text) => text.startsWith("public.dead_letters")), "there are dead letters");
    await until(async () => {
      const [row] = await database.run((sql) => sql`select count(*)::int as n from sessions`);
      return row !== undefined &&
        (await tableTexts()).some((text) => text.includes("event_enrichments"));
    }, "enrichment");
    assertEquals(leaks(await tableTexts()), [], "enriched");
    const rejections = await app.get("/api/trpc/admin.rejections", await asAdmin(app));
    assertEquals(leaks([await rejections.text()]), []);
  }
  assertEquals(leaks(logs.records.map((record) => Deno.inspect(record, { depth: 9 }))), []);
});

Deno.test("4.11 2.15 the same event with and without what is not kept is a replay, another kept one a conflict", async () => {
  await using app = await openTestApp(database);
  const idempotencyKey = crypto.randomUUID();
  const post = async (url: string, landingPage: string) => {
    const event = { eventType: "a", idempotencyKey, props: { url }, attribution: { landingPage } };
    const response = await app.post("/v1/events", event);
    await response.body?.cancel();
    return [response.status, response.headers.get("idempotent-replayed")];
  };
  const raw = "https://u:p@a.example/?token=1&utm_source=x#y";
  assertEquals(await post(raw, raw), [200, null]);
  const filtered = "https://a.example/?utm_source=x";
  assertEquals(await post(filtered, filtered), [200, "true"]);
  assertEquals(await post(filtered, raw), [200, "true"]);
  assertEquals(await post("https://a.example/?utm_source=z", filtered), [409, null]);
});

Deno.test("4.11 5.1 two events that differ only in a parameter that is not kept are two events", async () => {
  await using app = await openTestApp(database);
  const eventType = `two_${crypto.randomUUID()}`;
  for (const id of [1, 2, 2]) {
    const props = {
      url: `https://a.example/?id=${id}`,
      occurred_at: new Date().toISOString().slice(0, 19),
    };
    const response = await app.post("/v1/events", { eventType, props });
    await response.body?.cancel();
  }
  await forceFlush(app);
  const rows = await database.run((sql) =>
    sql`select props->>'url' as url from events where event_type = ${eventType}`
  );
  assertEquals(rows.map(({ url }) => url), ["https://a.example/", "https://a.example/"]);
});

Deno.test("4.11 channel, tags and click id are those of the whole URL", async () => {
  await using app = await openTestApp(database);
  const eventType = `arrival_${crypto.randomUUID()}`;
  const landingPage = "https://u:p@a.example/?token=1&UTM_Source=shop&utm_medium=cpc;a=1&GCLID=g#t";
  const response = await app.post("/v1/events", {
    eventType,
    attribution: { landingPage, referrer: "https://www.google.com/search?q=secret" },
  });
  assertEquals(response.status, 200, await response.text());
  await forceFlush(app);
  const [row] = await until(async () => {
    const rows = await database.run((sql) =>
      sql`select channel, utm_source, utm_medium, click_id, referrer_host, attribution
      from enriched_events where event_type = ${eventType} and enriched_at is not null`
    );
    return rows.length > 0 ? rows : null;
  }, "enrichment");
  assertEquals<unknown>({ ...row }, {
    channel: "paid_search",
    utm_source: "shop",
    utm_medium: "cpc",
    click_id: "gclid",
    referrer_host: "google.com",
    attribution: {
      landingPage: "https://a.example/?UTM_Source=shop&utm_medium=cpc&GCLID=g",
      referrer: "https://www.google.com/search",
    },
  });
});
