import { assertEquals, assertNotMatch } from "../../support/assert.ts";
import { openTestApp, type TestApp, type TestAppOptions } from "../../support/app.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { answerOf, forceFlush } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const CUID = "cjld2cjxh0000qzrmn831i7rn";
const CUID_FREE = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const GMAIL =
  "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
/** All events of a test happen in one second, whenever they are sent. */
const occurred_at = new Date().toISOString();

interface Sent {
  readonly path: string;
  /** `null`: a GET. */
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

/** Sends all at once, asserts that each is answered as tracked, and returns how many are stored. */
async function store(
  sent: (app: TestApp) => readonly Sent[] | Promise<readonly Sent[]>,
  options: TestAppOptions = {},
): Promise<string> {
  // No flush but the one that counts.
  const patient = { BATCH_SIZE: "10000", BATCH_TIMEOUT_MS: "600000" };
  const environment = { TRUST_PROXY: "1", ...patient, ...options.environment };
  await using app = await openTestApp(postgres.database, { ...options, environment });
  await Promise.all((await sent(app)).map(async ({ path, body, headers }) => {
    if (body === null) return await (await app.get(path, headers)).body?.cancel();
    const answer = await answerOf(app.post(path, body, headers));
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
  }));
  const { message } = await forceFlush(app);
  return message;
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function event(props: Record<string, unknown> = {}): Record<string, unknown> {
  return { eventType: "page_viewed", props: { path: "/", ...props, occurred_at } };
}

function post(body: unknown, headers: Record<string, string> = {}): Sent {
  return { path: "/v1/events", body, headers };
}

function open(parameters: Record<string, string>, headers: Record<string, string>): Sent {
  const query = new URLSearchParams({ eventType: "email_opened", ...parameters, occurred_at });
  return { path: `/v1/pixel.gif?${query}`, body: null, headers };
}

function from(ip: string, agent = "Firefox"): Record<string, string> {
  return { "x-forwarded-for": ip, "user-agent": agent };
}

Deno.test("5.1 3.4 50 mails to 50 recipients in one batch are 50 rows", async () => {
  const events = times(50, (i) => ({
    eventType: "email_sent",
    source: "system",
    props: { recipient: `r-${i}`, occurred_at },
  }));
  const sent = [{ path: "/v1/events/batch", body: { events }, headers: {} }];
  assertEquals(await store(() => sent), "Flushed 50 events");
});

Deno.test("5.1 200 opens of a newsletter through one mail proxy are 200 rows, by recipient", async () => {
  const opens = times(200, (i) => open({ recipient: `r-${i}` }, from("66.249.84.7", GMAIL)));
  assertEquals(await store(() => opens), "Flushed 200 events");
});

Deno.test("5.1 200 people who open the same pixel are 200 rows", async () => {
  const opens = times(200, (i) => open({ letter: "may" }, from(`198.51.100.${i}`)));
  assertEquals(await store(() => opens), "Flushed 200 events");
});

Deno.test("5.1 the same pixel opened twice through one proxy within a second is one row", async () => {
  const opens = times(2, () => open({ recipient: "r-1" }, from("66.249.84.7", GMAIL)));
  assertEquals(await store(() => opens), "Flushed 1 events");
});

Deno.test("5.1 20 requests on one entity from a server are 20 rows", async () => {
  const sent = async (app: TestApp) => {
    const authorization = `Bearer ${await app.token("SERVICE")}`;
    return times(20, (i) =>
      post({
        eventType: "api_request",
        source: "api",
        entityType: "project",
        entityId: CUID,
        props: { path: `/assets/${i}`, occurred_at },
      }, { authorization }));
  };
  assertEquals(await store(sent), "Flushed 20 events");
});

Deno.test("5.1 5.3 equal payouts in one second are one row without keys, and as many as there are keys", async () => {
  const payout = {
    eventType: "payout_completed",
    source: "system",
    props: { amount_cents: 4900, payment_method: "card", occurred_at },
  };
  assertEquals(await store(() => times(20, () => post(payout))), "Flushed 1 events");
  const keyed = () => post(payout, { "idempotency-key": crypto.randomUUID() });
  assertEquals(await store(() => times(20, keyed)), "Flushed 20 events");
});

Deno.test("5.1 attribution, source and type of entity tell events without a session apart", async () => {
  const others = [
    event(),
    { ...event(), attribution: { utmSource: "mail" } },
    { ...event(), attribution: { utmSource: "search" } },
    { ...event(), source: "mobile" },
    { ...event(), entityType: "asset", entityId: CUID },
    { ...event(), entityType: "post", entityId: CUID },
  ];
  assertEquals(await store(() => others.map((body) => post(body))), "Flushed 6 events");
});

Deno.test("5.1 anonymous visitors of another network or user agent are others", async () => {
  const visitors = [
    from("198.51.100.1"),
    from("198.51.100.1", "Chrome"),
    from("198.51.100.2"),
    from("2001:db8:1:2::1"),
    from("2001:db8:1:3::1"),
  ];
  const sent = visitors.map((headers) => post(event(), headers));
  assertEquals(await store(() => sent), "Flushed 5 events");
});

Deno.test("5.1 a double click of an anonymous visitor is one row", async () => {
  const [a, b] = ["1", "2"];
  const sent = [
    post(event({ a, b }), from("198.51.100.1:50123")),
    post(event({ b, a }), from("::ffff:198.51.100.1")),
    post({ ...event({ a, b }), source: "web" }, from("198.51.100.1")),
  ];
  assertEquals(await store(() => sent), "Flushed 1 events");
  const v6 = ["2001:db8:1:2::1", "2001:db8:1:2:a:b:c:d"].map((ip) => post(event(), from(ip)));
  assertEquals(await store(() => v6), "Flushed 1 events");
});

Deno.test("5.1 a double click of a user is one row, wherever it comes from", async () => {
  const sent = async (app: TestApp) => {
    const authorization = `Bearer ${await app.token("CREATOR")}`;
    const visitors = [from("198.51.100.1"), from("203.0.113.1", "Chrome")];
    return visitors.map((headers) => post(event(), { ...headers, authorization }));
  };
  assertEquals(await store(sent), "Flushed 1 events");
});

Deno.test("5.1 with a session, content and caller do not count", async () => {
  const sessionId = crypto.randomUUID();
  const sent = [
    post({ ...event({ a: 1 }), sessionId }, from("198.51.100.1")),
    post({ ...event({ a: 2 }), sessionId }, from("203.0.113.1", "Chrome")),
  ];
  assertEquals(await store(() => sent), "Flushed 1 events");
});

Deno.test("5.1 4.3 events one second apart are distinct, even if a fast clock dates them in the future", async () => {
  const sessionId = crypto.randomUUID();
  const now = Date.now();
  const events = times(4, (i) => ({
    eventType: "page_viewed",
    sessionId,
    props: { occurred_at: now + 500 + i * 1000 },
  }));
  const sent = [{ path: "/v1/events/batch", body: { events }, headers: {} }];
  assertEquals(await store(() => sent), "Flushed 4 events");
});

Deno.test("5.1 FINGERPRINT_CONTENT=always counts content within a session, too", async () => {
  const sessionId = crypto.randomUUID();
  const sent = [
    post({ ...event({ a: 1 }), sessionId }, from("198.51.100.1")),
    post({ ...event({ a: 2 }), sessionId }, from("198.51.100.1")),
    post({ ...event({ a: 2 }), sessionId }, from("203.0.113.1", "Chrome")),
  ];
  const options = { environment: { FINGERPRINT_CONTENT: "always" } };
  assertEquals(await store(() => sent, options), "Flushed 2 events");
});

Deno.test("5.1 FINGERPRINT_CONTENT=never counts neither content nor caller", async () => {
  const sent = [
    post(event({ a: 1 }), from("198.51.100.1")),
    post(event({ a: 2 }), from("203.0.113.1", "Chrome")),
  ];
  const options = { environment: { FINGERPRINT_CONTENT: "never" } };
  assertEquals(await store(() => sent, options), "Flushed 1 events");
});

Deno.test("5.8 7.6 visitors with Sec-GPC are told apart, and a double click of one is one row", async () => {
  const visitors = ["198.51.100.1", "203.0.113.1", "198.51.100.1"];
  const sent = visitors.map((ip) => post(event(), { ...from(ip), "sec-gpc": "1" }));
  assertEquals(await store(() => sent), "Flushed 2 events");
});

Deno.test("5.8 no fingerprint in KV shows a network, a user agent or content", async () => {
  await using app = await openTestApp(postgres.database, { environment: { TRUST_PROXY: "1" } });
  for (const more of [{}, { "sec-gpc": "1" }]) {
    const headers = { ...from("198.51.100.23", "Secret-Agent"), ...more };
    await answerOf(app.post("/v1/events", event({ plan: "hush-hush", ...more }), headers));
  }
  const values: unknown[] = [];
  for await (const { value } of app.kv.list({ prefix: ["fingerprints", "log"] })) {
    values.push(value);
  }
  assertEquals(values.length, 2);
  assertNotMatch(JSON.stringify(values), /198\.51|Agent|hush/);
  await forceFlush(app);
});

Deno.test("5.9 the nil and the max UUID count as no session and no key", async () => {
  for (const placeholder of ["0", "f"].map((digit) => CUID_FREE.replaceAll("x", digit))) {
    const events = times(6, (i) => ({ ...event({ i }), sessionId: placeholder }));
    assertEquals(await store(() => events.map((e) => post(e))), "Flushed 6 events");
    const keyed = times(6, (i) => ({ ...event({ j: i }), idempotencyKey: placeholder }));
    assertEquals(await store(() => keyed.map((e) => post(e))), "Flushed 6 events");
  }
});

Deno.test("5.1 plain fields that the schema ignores tell events without a session apart", async () => {
  const sent = times(6, (i) => post({ ...event(), recipient: `r${i}` }, from("198.51.100.9")));
  assertEquals(await store(() => sent), "Flushed 6 events");
});

Deno.test("5.1 page and language of an anonymous visitor count without a session", async () => {
  const visitor = from("198.51.100.10");
  const sent = ["a", "b"].flatMap((page) =>
    ["de", "en"].map((language) =>
      open({}, {
        ...visitor,
        referer: `https://example.com/${page}`,
        "accept-language": language,
      })
    )
  );
  assertEquals(await store(() => sent), "Flushed 4 events");
});
