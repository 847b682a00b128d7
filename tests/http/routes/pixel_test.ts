import { assertEquals } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { forceFlush, refusalOf, serve, withFaults } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

interface Row {
  readonly event_type: string;
  readonly source: string;
  readonly entity_type: string | null;
  readonly entity_id: string | null;
  readonly props: unknown;
  readonly attribution: unknown;
}

async function rowsOf(sessionId: string): Promise<Row[]> {
  return await postgres.database.run(async (sql) => [
    ...await sql<Row[]>`
      select event_type, source, entity_type, entity_id, props, attribution from events
      where session_id = ${sessionId}::uuid
    `,
  ]);
}

function pathOf(parameters: Record<string, string>): string {
  return `/v1/pixel.gif?${new URLSearchParams(parameters)}`;
}

/** A GIF of one pixel that must not be cached. */
async function assertPixel(response: Response): Promise<void> {
  const bytes = await response.bytes();
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "image/gif");
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(new TextDecoder("latin1").decode(bytes.slice(0, 6)), "GIF89a");
  assertEquals([...bytes.slice(6, 10)], [1, 0, 1, 0]); // width and height, little-endian
  assertEquals(bytes.at(-1), 0x3b);
}

async function assertNothingBuffered(app: TestApp): Promise<void> {
  assertEquals(await forceFlush(app), { flushed: true, message: "Buffer is empty" });
}

Deno.test("1.7 an opened email is a row: fields by name, utm_… as attribution, the rest as props", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  await assertPixel(
    await app.get(pathOf({
      eventType: "email_opened",
      source: "system",
      sessionId,
      entityType: "user",
      entityId: "cjld2cjxh0000qzrmn831i7rn",
      utm_source: "newsletter",
      utm_medium: "email",
      utm_campaign: "spring & summer",
      utm_term: "shoes",
      utm_content: "top",
      template: "welcome",
      recipient: "r-17",
    })),
  );
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  assertEquals(await rowsOf(sessionId), [{
    event_type: "email_opened",
    source: "system",
    entity_type: "user",
    entity_id: "cjld2cjxh0000qzrmn831i7rn",
    props: { template: "welcome", recipient: "r-17" },
    attribution: {
      utmSource: "newsletter",
      utmMedium: "email",
      utmCampaign: "spring & summer",
      utmTerm: "shoes",
      utmContent: "top",
    },
  }]);
});

Deno.test("without utm_… and other parameters, attribution and props are null", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  await assertPixel(await app.get(pathOf({ eventType: "email_opened", sessionId })));
  await forceFlush(app);
  assertEquals(await rowsOf(sessionId), [{
    event_type: "email_opened",
    source: "web",
    entity_type: null,
    entity_id: null,
    props: null,
    attribution: null,
  }]);
});

Deno.test("the GIF is served over a socket as well", async () => {
  await using app = await openTestApp(postgres.database);
  await using server = serve(app.app);
  const sessionId = crypto.randomUUID();
  const response = await fetch(server.url + pathOf({ eventType: "email_opened", sessionId }));
  await assertPixel(response);
  await forceFlush(app);
  assertEquals((await rowsOf(sessionId)).length, 1);
});

Deno.test("1.7 the GIF is served whatever the query, and invalid events are not stored", async () => {
  await using app = await openTestApp(postgres.database);
  const queries = [
    "",
    "?",
    "?eventType=",
    `?eventType=${"x".repeat(5000)}`,
    "?eventType=post_viewed",
    "?eventType=email_opened&source=fridge",
    "?eventType=email_opened&sessionId=1",
    "?eventType=email_opened&occurred_at=yesterday",
  ];
  for (const query of queries) await assertPixel(await app.get(`/v1/pixel.gif${query}`));
  await assertNothingBuffered(app);
  await assertPixel(await app.get("/v1/pixel.gif?%E0%A4%A=%&eventType=%"));
});

Deno.test("2.9 the GIF is served while KV fails", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  faults.commit = () => "fails";
  await assertPixel(await app.get(pathOf({ eventType: "email_opened" })));
  faults.commit = () => null;
  await assertNothingBuffered(app);
});

Deno.test("2.10 the GIF is served after an unexpected error", async () => {
  let fails = true;
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({
      ...parts,
      newId() {
        if (fails) throw new RangeError("unexpected");
        return parts.newId();
      },
    }),
  });
  await assertPixel(await app.get(pathOf({ eventType: "email_opened" })));
  fails = false;
  await assertNothingBuffered(app);
});

Deno.test("1.7 HEAD gets the headers of the GIF and tracks nothing", async () => {
  await using app = await openTestApp(postgres.database);
  const url = `http://sluice.test${pathOf({ eventType: "email_opened" })}`;
  const response = await app.app.fetch(new Request(url, { method: "HEAD" }));
  assertEquals((await response.bytes()).length, 0);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "image/gif");
  assertEquals(response.headers.get("cache-control"), "no-store");
  await assertNothingBuffered(app);
});

Deno.test("1.19 POST to the pixel is not allowed and tracks nothing", async () => {
  await using app = await openTestApp(postgres.database);
  const { status, code } = await refusalOf(app.post(pathOf({ eventType: "email_opened" }), {}));
  assertEquals([status, code], [405, "METHOD_NOT_SUPPORTED"]);
  await assertNothingBuffered(app);
});
