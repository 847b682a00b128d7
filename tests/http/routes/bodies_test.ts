import {
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { answerOf, openClosedDatabase, refusalOf, serve } from "../../support/server.ts";

// Everything sent here is refused or needs no flush.
const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
const MAX_EVENT_BYTES = 32 * 1024;
const ROUTES = ["/v1/events", "/v1/events/batch", "/v1/beacon"];

const accepted = { status: 200, body: { eventId: null, tracked: true } };

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** An event of exactly `bytes` bytes as JSON, padded with `filling`. */
function eventOf(bytes: number, filling: string): string {
  const event = (text: string) =>
    JSON.stringify({ eventType: "page_viewed", source: "web", props: { text } });
  const left = bytes - bytesOf(event(""));
  const each = bytesOf(JSON.stringify(filling)) - 2;
  return event(filling.repeat(Math.floor(left / each)) + "x".repeat(left % each));
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

/** Sends a body as a stream, of unknown length. */
async function send(
  app: TestApp,
  path: string,
  body: Uint8Array<ArrayBuffer>,
  headers: HeadersInit = {},
): Promise<Response> {
  const stream = new Blob([body]).stream();
  const init = { method: "POST", headers, body: stream };
  return await app.app.fetch(new Request(`http://sluice.test${path}`, init));
}

const fillings: readonly [what: string, filling: string][] = [
  ["ASCII letters", "x"],
  ["letters of two bytes", "é"],
  ["letters of four bytes", "🌊"],
  ["escaped quotes", '"'],
  ["escaped control characters", "\u0000"],
];

for (const [what, filling] of fillings) {
  Deno.test(`2.7 an event of ${what} may have 32 KiB as JSON and no byte more`, async () => {
    await using app = await openTestApp(database);
    const tooLarge = eventOf(MAX_EVENT_BYTES + 1, filling);
    assertEquals(bytesOf(tooLarge), MAX_EVENT_BYTES + 1);
    const { status, code, message } = await refusalOf(app.post("/v1/events", tooLarge));
    assertEquals([status, code], [413, "PAYLOAD_TOO_LARGE"]);
    assertStringIncludes(message, String(MAX_EVENT_BYTES));
    const largest = app.post("/v1/events", eventOf(MAX_EVENT_BYTES, filling));
    assertEquals(await answerOf(largest), accepted);
  });
}

for (const path of ROUTES) {
  Deno.test(`2.7 ${path} refuses a body over the limit, with or without a length`, async () => {
    await using app = await openTestApp(database);
    const body = new TextEncoder().encode(`{"events":[]}${" ".repeat(MIB)}`);
    for (const headers of [{}, { "content-length": String(body.length) }]) {
      const { status, code, message } = await refusalOf(send(app, path, body, headers));
      assertEquals([status, code], [413, "PAYLOAD_TOO_LARGE"]);
      assertStringIncludes(message, String(MIB));
    }
  });

  Deno.test(`2.7 ${path} refuses a gzip bomb`, async () => {
    await using app = await openTestApp(database);
    const bomb = await gzip(new Uint8Array(32 * MIB));
    assertLess(bomb.length, MIB / 8);
    for (const length of [{}, { "content-length": String(bomb.length) }]) {
      const headers = { "content-encoding": "gzip", ...length };
      const { status, code } = await refusalOf(send(app, path, bomb, headers));
      assertEquals([status, code], [413, "PAYLOAD_TOO_LARGE"]);
    }
  });

  Deno.test(`1.5 ${path} refuses invalid gzip and unknown encodings`, async () => {
    await using app = await openTestApp(database);
    const body = new TextEncoder().encode('{"eventType":"page_viewed"}');
    const truncated = (await gzip(body)).slice(0, -12);
    for (const bytes of [body, truncated]) {
      const answer = send(app, path, bytes, { "content-encoding": "gzip" });
      const { status, code } = await refusalOf(answer);
      assertEquals([status, code], [400, "BAD_REQUEST"]);
    }
    const response = await send(app, path, body, { "content-encoding": "compress" });
    assertMatch(response.headers.get("accept-encoding") ?? "", /^gzip, deflate, br/);
    const { status, code, message } = await refusalOf(response);
    assertEquals([status, code], [415, "UNSUPPORTED_MEDIA_TYPE"]);
    assertStringIncludes(message, "gzip, deflate, br");
  });

  Deno.test(`1.5 ${path} refuses a body that is not JSON`, async () => {
    await using app = await openTestApp(database);
    for (const body of ["", "{", "eventType=page_viewed", '{"eventType":"x"}}', "\u0000"]) {
      for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
        const answer = app.post(path, body, { "content-type": type });
        const { status, code, message } = await refusalOf(answer);
        assertEquals([status, code], [400, "BAD_REQUEST"]);
        assertStringIncludes(message, "not valid JSON");
      }
    }
    const nothing = new Request(`http://sluice.test${path}`, { method: "POST" });
    assertEquals((await refusalOf(app.app.fetch(nothing))).status, 400);
  });
}

Deno.test("2.7 a body over the limit and a gzip bomb are refused over a socket as well", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const bomb = await gzip(new Uint8Array(8 * MIB));
  const large = new Uint8Array(2 * MIB).fill(0x20);
  const bodies: [HeadersInit, Uint8Array<ArrayBuffer> | ReadableStream][] = [
    [{}, large],
    [{}, new Blob([large]).stream()],
    [{ "content-encoding": "gzip" }, bomb],
    [{ "content-encoding": "gzip" }, new Blob([bomb]).stream()],
  ];
  for (const [headers, body] of bodies) {
    const answer = fetch(`${server.url}/v1/events`, { method: "POST", headers, body });
    assertEquals((await refusalOf(answer)).status, 413);
  }
});

Deno.test("1.4 a body is read as JSON whatever its content type", async () => {
  await using app = await openTestApp(database);
  for (
    const type of ["text/plain", "application/octet-stream", "application/json; charset=utf-8"]
  ) {
    const event = JSON.stringify({ eventType: "page_viewed", sessionId: crypto.randomUUID() });
    const answer = app.post("/v1/events", event, { "content-type": type });
    assertEquals(await answerOf(answer), accepted);
  }
});

const SENDERS = ["/v1/events", "/v1/events/batch", "/v1/beacon", "/api/trpc/eventIngestion.track"];

for (const path of SENDERS) {
  Deno.test(`1.17 ${path} never stores U+FFFD for bytes that are not UTF-8`, async () => {
    await using app = await openTestApp(database);
    const cut = Uint8Array.from([
      ...new TextEncoder().encode('{"eventType":"'),
      0xf0,
      0x9f,
      0x98,
      0x22,
      0x7d,
    ]);
    const json = { "content-type": "application/json" };
    for (const headers of [json, { ...json, "content-length": `${cut.length}` }]) {
      const response = await send(app, path, cut, headers);
      assertEquals(response.status, 400);
      assertStringIncludes(await response.text(), "not valid UTF-8 at byte 15 (0xF0)");
    }
    const utf7 = { "content-type": "application/json; charset=utf-7" };
    const response = await send(app, path, new TextEncoder().encode("{}"), utf7);
    assertEquals(response.status, 415);
    assertStringIncludes(await response.text(), "charset must be utf-8");
  });

  Deno.test(`1.18 ${path} says where a body is not JSON`, async () => {
    await using app = await openTestApp(database);
    const body = '{"events":[{"eventType":"a"},{"eventType":"b","props":{"n":NaN}}]}';
    for (const headers of [{}, { "content-length": `${body.length}` }]) {
      const response = await app.post(path, body, headers);
      assertEquals(response.status, 400);
      const { message, error } = await response.json();
      assertStringIncludes(
        message ?? error.message,
        "The body is not valid JSON: line 1, column 60, in events[1].props.n: NaN, which JSON does not have",
      );
    }
  });
}

Deno.test("1.16 1.17 tRPC takes encodings and charsets as well", async () => {
  await using app = await openTestApp(database);
  const event = JSON.stringify({ eventType: "page_viewed", props: { name: "é" } });
  const utf16 = Uint8Array.from(
    [...event].flatMap((c) => [c.charCodeAt(0) & 0xff, c.charCodeAt(0) >> 8]),
  );
  const headers = {
    "content-type": "application/json; charset=utf-16le",
    "content-encoding": "x-gzip",
  };
  for (const path of ["/api/trpc/eventIngestion.track", "/v1/events"]) {
    const response = await send(app, path, await gzip(utf16), headers);
    assertEquals(response.status, 200, await response.text());
  }
});
