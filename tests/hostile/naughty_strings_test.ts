/** Hostile texts in every text field: rejected with the field's name, or stored unchanged and enriched. */

import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "../support/assert.ts";
import { startReconciliation } from "../support/reconciliation.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { mintToken } from "../../src/auth/token.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { HOSTILE_STRINGS, storedText } from "./strings.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const ENTITY_ID = "ckv3x9d2a0000qzrmn831i7rn";
// Entities are looked up in the events themselves.
const environment = {
  ENTITY_TABLES: '{"asset":"public.events.entity_id"}',
  MAX_BUFFERED_EVENTS: "100000",
};

/** The one change to a text that can be stored: rule 4.11, tested in events/url_filter_test.ts. */
const withoutSecrets = createUrlFilter([]);

type Row = Readonly<Record<string, unknown>>;

async function rowsByKey(): Promise<Map<string, Row>> {
  const rows = await database.run((sql) =>
    sql<Row[]>`
      select e.*, n.context from events e
      join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at
      where idempotency_key is not null
    `
  );
  return new Map(rows.map((row) => [String(row["idempotency_key"]), row]));
}

function isEventType(text: string): boolean {
  return text.length >= 1 && text.length <= 100;
}

/** The UTF-8 bytes of a text as a header value, or `null` if it has line breaks or NUL. */
function asHeader(text: string): string | null {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  const value = bytes.join("").replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  // deno-lint-ignore no-control-regex
  return /[\x00\n\r]/.test(value) ? null : value;
}

/** Makes an event that has the text wherever any text is allowed. */
function makeEvent(text: string, idempotencyKey: string): Record<string, unknown> {
  return {
    eventType: text,
    entityType: "asset",
    entityId: ENTITY_ID,
    sessionId: crypto.randomUUID(),
    idempotencyKey,
    props: Object.fromEntries([[text, { list: [text], [`${text}!`]: text }], ["url", text]]),
    attribution: {
      utmSource: text,
      utmMedium: text,
      utmCampaign: text,
      utmTerm: text,
      utmContent: text,
    },
  };
}

const ROUTES:
  readonly ((app: TestApp, event: unknown, headers: HeadersInit) => Promise<Response>)[] = [
    (app, event, headers) => app.post("/v1/events", event, headers),
    (app, event, headers) => app.post("/api/trpc/eventIngestion.track", event, headers),
    (app, event, headers) =>
      app.post("/api/trpc/eventIngestion.track?batch=1", { 0: event }, headers),
    (app, event, headers) =>
      app.post("/v1/beacon", event, { ...headers, "content-type": "text/plain;charset=UTF-8" }),
  ];

Deno.test("4.6 a hostile text is stored unchanged in every free field, and the event is enriched", async () => {
  await using app = await openTestApp(database, { environment });
  const reconciliation = await startReconciliation(app, database);
  const sent = new Map<string, { text: string; agent: string | null }>();
  await Promise.all(HOSTILE_STRINGS.map(async (text, i) => {
    const key = crypto.randomUUID();
    const agent = asHeader(text);
    const headers: HeadersInit = agent === null
      ? {}
      : { "user-agent": agent, "accept-language": agent };
    const token = await mintToken(SECRET, {
      sub: text,
      role: text,
      creatorId: text,
      brandId: text,
      expiresInSeconds: 60,
    }, Date.now());
    const route = ROUTES[i % ROUTES.length];
    assert(route);
    const response = await route(app, makeEvent(text, key), {
      ...headers,
      authorization: `Bearer ${token}`,
    });
    const body = await response.text();
    if (isEventType(text)) {
      assert(response.ok, `${JSON.stringify(text)}: ${response.status} ${body}`);
      sent.set(key, { text, agent });
    } else {
      assertEquals(response.status, 400, JSON.stringify(text));
      assertStringIncludes(body, "eventType");
    }
  }));
  assertGreater(sent.size, 450, "most of them are short enough");
  assertEquals(await reconciliation.finish(), sent.size);
  const rows = await rowsByKey();
  for (const [key, { text, agent }] of sent) {
    const row = rows.get(key);
    assert(row, `${JSON.stringify(text)} has no row`);
    const { attribution, props } = withoutSecrets.value("", makeEvent(storedText(text), key));
    // Another text than the claim's would be another identity, so such a token is refused (6.9).
    const identity = text.trim() === "" || storedText(text) !== text ? null : text;
    assertEquals(
      [row["event_type"], row["entity_id"], row["attribution"], row["props"]],
      [storedText(text), ENTITY_ID, attribution, props],
      JSON.stringify(text),
    );
    const columns = ["actor_id", "actor_type", "user_id", "creator_id", "brand_id"] as const;
    assertEquals(
      columns.map((column) => row[column]),
      columns.map(() => identity),
      JSON.stringify(text),
    );
    const { userAgent = null } = row["context"] as { userAgent?: string };
    assertEquals(userAgent, agent === "" ? null : agent, JSON.stringify(text)); // empty is none
  }
});

Deno.test("4.6 a hostile text in the pixel's query is stored unchanged, under any name", async () => {
  await using app = await openTestApp(database, { environment });
  const reconciliation = await startReconciliation(app, database);
  const sent = new Map<string, string>();
  for (const text of HOSTILE_STRINGS) {
    const idempotencyKey = crypto.randomUUID();
    const query = new URLSearchParams([
      ["eventType", text],
      ["idempotencyKey", idempotencyKey],
      ["utm_source", text],
      [`${text}?`, text],
      ["__proto__", text],
    ]);
    const response = await app.get(`/v1/pixel.gif?${query}`);
    assertEquals([response.status, response.headers.get("content-type")], [200, "image/gif"]);
    await response.body?.cancel();
    if (isEventType(text)) sent.set(idempotencyKey, text);
  }
  assertEquals(await reconciliation.finish(), sent.size);
  const rows = await rowsByKey();
  for (const [key, text] of sent) {
    const stored = storedText(text);
    const row = rows.get(key);
    const utmSource = withoutSecrets.text("utmSource", stored);
    assertEquals([row?.["event_type"], row?.["attribution"]], [stored, { utmSource }]);
    const props = withoutSecrets.value("", { [`${stored}?`]: stored, ["__proto__"]: stored });
    assertEquals(
      Object.entries(row?.["props"] as object).sort(),
      Object.entries(props).sort(),
      JSON.stringify(text),
    );
  }
});

const STRICT = [
  "source",
  "entityType",
  "entityId",
  "sessionId",
  "idempotencyKey",
  "attribution.referrer",
  "attribution.landingPage",
  "props.occurred_at",
] as const;

for (const field of STRICT) {
  Deno.test(`4.1 a hostile text as ${field} is stored, or rejected with the field's name`, async () => {
    await using app = await openTestApp(database, { environment });
    const reconciliation = await startReconciliation(app, database);
    let accepted = 0;
    for (let from = 0; from < HOSTILE_STRINGS.length; from += 50) {
      const texts = HOSTILE_STRINGS.slice(from, from + 50);
      const [key = "", name] = field.split(".");
      const events = texts.map((text, i) => ({
        eventType: `${field}_${from + i}`,
        ...(field === "entityId" ? { entityType: "asset" } : {}),
        [key]: name === undefined ? text : { [name]: text },
      }));
      const response = await app.post("/v1/events/batch", { events });
      assertEquals(response.status, 200);
      const { results } = await response.json();
      for (const { index, status, error } of results) {
        if (status === "fulfilled") accepted += 1;
        else assertStringIncludes(error, field, JSON.stringify(texts[index]));
      }
    }
    assertEquals(await reconciliation.finish(), accepted);
  });
}
