/** Values at the edge of what a field takes: each is a right answer or a 4xx, never a 500 (contract 2.10). */

import { mintToken } from "../../src/auth/token.ts";
import { adminClient, poison } from "../support/admin.ts";
import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertNotEquals,
} from "../support/assert.ts";
import { newId } from "../support/ids.ts";
import { connectRaw, rawRequest } from "../support/raw_socket.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin, forceFlush, serve } from "../support/server.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const GREATEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const LEAST = "00000000-0000-0000-0000-000000000000";
const DAY_SECONDS = 86_400;

async function signIn(
  app: TestApp,
  body: string,
  type: string,
): Promise<{ status: number; cookie: string | null; text: string }> {
  const headers = { "content-type": type, "content-length": `${body.length}` };
  const response = await app.post("/admin/sign-in", body, headers);
  const cookie = response.headers.get("set-cookie");
  return { status: response.status, cookie, text: await response.text() };
}

Deno.test("2.10 a sign-in form that cannot be read is a 400 that says so", async () => {
  await using app = await openTestApp(database);
  const part = '--x\r\ncontent-disposition: form-data; name="token"\r\n\r\nabc\r\n';
  const unreadable: [body: string, type: string][] = [
    ["token=abc", "multipart/form-data"],
    ["token=abc", "multipart/form-data; boundary="],
    ["token=abc", "multipart/form-data; boundary=x"],
  ];
  for (const [body, type] of unreadable) {
    const { status, text } = await signIn(app, body, type);
    assertEquals([type, status], [type, 400]);
    assertMatch(text, /role="alert">This form could not be read/);
  }
  const readable: [body: string, type: string][] = [
    [`${part}--x--\r\n`, "multipart/form-data; boundary=x"],
    ["token=%ff%zz", "application/x-www-form-urlencoded"],
    ["{}", "application/json"],
    ["token=abc", "text/plain"],
  ];
  for (const [body, type] of readable) {
    assertEquals([type, (await signIn(app, body, type)).status], [type, 401]);
  }
});

Deno.test("6.7 a token that expires later than a browser keeps cookies signs in for 400 days", async () => {
  await using app = await openTestApp(database);
  for (const days of [401, 5_000, 10 ** 15 / DAY_SECONDS, 10 ** 20 / DAY_SECONDS]) {
    const expiresInSeconds = days * DAY_SECONDS;
    const token = await mintToken(
      SECRET,
      { sub: "a", role: "ADMIN", expiresInSeconds },
      Date.now(),
    );
    const body = new URLSearchParams({ token }).toString();
    const { status, cookie } = await signIn(app, body, "application/x-www-form-urlencoded");
    assertEquals([days, status], [days, 303]);
    const expires = Date.parse(/Expires=([^;]+)/.exec(cookie ?? "")?.[1] ?? "");
    assertLess(Math.abs(expires - Date.now() - 400 * DAY_SECONDS * 1000), 60_000);
  }
});

for (const name of ["__Host-session", "__Secure-session", "sb-*-auth-token"]) {
  Deno.test(`6.7 with AUTH_COOKIE=${name} admins sign in and out over plain HTTP from a proxy`, async () => {
    await using app = await openTestApp(database, { environment: { AUTH_COOKIE: name } });
    const body = new URLSearchParams({ token: await app.token("ADMIN") }).toString();
    const { status, cookie } = await signIn(app, body, "application/x-www-form-urlencoded");
    assertEquals(status, 303);
    assertMatch(cookie ?? "", /^sluice_admin=[^;]+; Max-Age=|^sluice_admin=[^;]+; Path=/);
    assertEquals((await app.post("/admin/sign-out", "")).status, 303);
  });
}

Deno.test("6.4 a Host that makes no URL is another site's, not an error", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const port = Number(new URL(server.url).port);
  const event = JSON.stringify({ eventType: "edge_host" });
  const token = await app.token("ADMIN");
  const paths: [method: string, path: string, body: string, status: number][] = [
    ["POST", "/api/trpc/eventIngestion.track", event, 200],
    ["POST", "/api/trpc/eventIngestion.trackBatch", `{"events":[${event}]}`, 200],
    ["POST", "/v1/events", event, 200],
    ["POST", "/v1/events/batch", `{"events":[${event}]}`, 200],
    ["POST", "/v1/beacon", event, 204],
    ["GET", "/v1/pixel.gif?eventType=edge_host", "", 200],
    ["POST", "/api/trpc/eventIngestion.forceFlush", "{}", 403],
    ["POST", "/admin/sign-in", `token=${token}`, 403],
    ["POST", "/admin/sign-out", "", 303],
    ["GET", "/admin", "", 200],
  ];
  for (const host of ["a b", "x:99999999", "[", "%", "sluice.test:port", "a/b?c#d"]) {
    for (const [method, path, body, status] of paths) {
      using socket = await connectRaw(port);
      const isForm = path === "/admin/sign-in";
      await socket.send(rawRequest(method, path, {
        host,
        origin: "https://shop.example",
        cookie: `session=${token}`,
        "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
        "content-length": `${body.length}`,
      }, body));
      const answer = await socket.status();
      // Where the path of an endpoint needs a URL, or a part of the host is taken for the path.
      const isRefused = answer === 400 || answer === 404;
      assert(answer === status || isRefused, `${host} ${path}: ${answer}, not ${status}`);
    }
  }
});

Deno.test("9.4 the least and the greatest UUID have receipts and pages like any other", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  await app.post("/v1/events", { eventType: "edge_uuid", sessionId: newId() });
  for (
    const id of [LEAST, GREATEST, GREATEST.toUpperCase(), "ffffffff-ffff-7fff-bfff-ffffffffffff"]
  ) {
    assertEquals((await admin.receipt.query({ eventId: id })).state, "unknown", id);
    assertEquals((await admin.receipt.query({ idempotencyKey: id })).state, "unknown", id);
    const { events } = await admin.recentEvents.query({ cursor: id, type: "edge_uuid" });
    assertEquals(events.length, id === LEAST ? 0 : 1, id);
  }
  for (const lastEventId of [LEAST, GREATEST]) {
    const input = encodeURIComponent(JSON.stringify({ lastEventId, type: "edge_uuid" }));
    const response = await app.get(`/api/trpc/admin.tail?input=${input}`, await asAdmin(app));
    assertEquals(response.status, 200);
    const text = new TextDecoder().decode((await response.body?.getReader().read())?.value);
    assert(!text.includes("error"), text);
  }
});

Deno.test("9.2 a cursor in capitals continues where the same one in small letters does", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const sessionId = newId();
  for (const eventType of ["edge_a", "edge_b"]) {
    await app.post("/v1/events", { eventType, sessionId });
  }
  const first = await admin.recentEvents.query({ sessionId, limit: 1 });
  const cursor = first.nextCursor?.toUpperCase() ?? "";
  const next = await admin.recentEvents.query({ sessionId, cursor });
  assertEquals(next.events.map(({ eventType }) => eventType), ["edge_a"]);
});

Deno.test("9.2 a filter finds what is stored for the text it gives: U+FFFD for U+0000", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  for (const type of ["edge\u0000nul", "edge\ud800alone", "\u0000"]) {
    await app.post("/v1/events", { eventType: type, sessionId: newId() });
    const buffered = await admin.recentEvents.query({ type });
    assertEquals(buffered.events.map(({ state }) => state), ["buffered"]);
    await forceFlush(app);
    const stored = await admin.recentEvents.query({ type });
    assertEquals(stored.events.map(({ state }) => state), ["stored"]);
    assertEquals((await admin.recentEvents.query({ userId: `u\u0000${type}` })).events, []);
  }
});

Deno.test("2.5 a cursor that no list returned is a 400", async () => {
  await using app = await openTestApp(database);
  const headers = await asAdmin(app);
  const hyphens = "-".repeat(36);
  const broken: [path: string, cursor: unknown][] = [
    ["admin.deadLetters.list", `1~${hyphens}`],
    ["admin.deadLetters.list", `1~${"f".repeat(36)}`],
    ["admin.deadLetters.list", `1~${LEAST}~`],
    ["admin.deadLetters.list", `${"9".repeat(20)}~${LEAST}`],
    ["admin.deadLetters.list", `--1~${LEAST}`],
    ["admin.deadLetters.list", `NaN~${LEAST}`],
    ["admin.deadLetters.list", `١~${LEAST}`],
    ["admin.deadLetters.list", `~${LEAST}`],
    ["admin.deadLetters.list", ""],
    ["admin.deadLetters.list", 7],
    ["admin.recentEvents", hyphens],
    ["admin.recentEvents", `${LEAST}\n`],
    ["admin.recentEvents", ""],
  ];
  for (const [path, cursor] of broken) {
    const input = encodeURIComponent(JSON.stringify({ cursor }));
    const response = await app.get(`/api/trpc/${path}?input=${input}`, headers);
    await response.body?.cancel();
    assertEquals([cursor, response.status], [cursor, 400]);
  }
  const { admin } = adminClient(app);
  const page = await admin.deadLetters.list.query({ cursor: `${"9".repeat(18)}~${GREATEST}` });
  assertNotEquals(page, undefined);
});

Deno.test("9.6 a replay edited to more than a segment holds is invalid, with both sizes", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const row = JSON.parse(deadLetters.find((letter) => letter.eventId === eventId)?.payload ?? "");
  const edited = (length: number, character: string) => ({
    eventId,
    payload: JSON.stringify({
      ...row,
      event_type: "edge_size",
      props: { x: character.repeat(length) },
    }),
  });
  for (const [length, character] of [[65_000, "x"], [40_000, "é"], [60_000, "€"]] as const) {
    const { results } = await admin.deadLetters.replay.mutate({
      deadLetters: [edited(length, character)],
    });
    assertEquals([length, results[0]?.result], [length, "invalid"]);
    assertMatch(
      results[0]?.message ?? "",
      /^the event must have at most \d+ bytes as JSON, got \d+$/,
    );
  }
  const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [edited(60_000, "x")] });
  assertEquals(results[0]?.result, "replayed");
  await forceFlush(app);
  assertMatch((await admin.receipt.query({ eventId })).state, /^(stored|enriched)$/);
});

Deno.test("9.4 a dead letter whose payload was changed in SQL still has a receipt", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  for (const payload of ["5", "null", "[1]", '"text"', "{", '{"received_at":"yesterday"}', "{}"]) {
    await database.run((sql) =>
      sql`update dead_letters set payload = ${payload} where event_id = ${eventId}::uuid`
    );
    assertEquals((await admin.receipt.query({ eventId })).state, "dead_lettered", payload);
    const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
    assertEquals([payload, results[0]?.result], [payload, "invalid"]);
  }
});
