/** Where a token that is not accepted can be seen: responses, metrics, client errors. */

import { adminClient } from "../support/admin.ts";
import { openTestApp, SECRET } from "../support/app.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { answerOf, asAdmin, openClosedDatabase } from "../support/server.ts";
import { until } from "../support/until.ts";
import { mintToken } from "../../src/auth/token.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const claims = { sub: "user_1", role: "ADMIN" };
const expired = await mintToken(SECRET, { ...claims, expiresInSeconds: 60 }, Date.now() - 90_000);
const forged = await mintToken(`not ${SECRET}`, { ...claims, expiresInSeconds: 60 }, Date.now());
const eddsa = `${btoa(JSON.stringify({ alg: "EdDSA" })).replace(/=+$/, "")}.e30.AAAA`;

Deno.test("6.9 a 401 says why the token is not accepted", async () => {
  await using app = await openTestApp(database);
  const refused: [HeadersInit, RegExp][] = [
    [{}, /requires a token or an API key, and the request has neither/],
    [{ authorization: `Bearer ${expired}` }, /not accepted: it expired at \d{4}-\d\d-\d\dT/],
    [{ authorization: `Bearer ${forged}` }, /not accepted: its signature is wrong/],
    [{ authorization: `Bearer ${eddsa}` }, /algorithm EdDSA is not accepted, must be HS256/],
    [{ cookie: "session=opaque" }, /not accepted: it is not a valid JWT/],
  ];
  for (const [headers, message] of refused) {
    const response = await app.get("/api/trpc/eventIngestion.getStats", headers);
    const { error } = await response.json();
    assertEquals([response.status, error.data.code], [401, "UNAUTHORIZED"]);
    assertMatch(error.message, message);
  }
});

Deno.test("6.1 of two cookies of one name, the one that is valid identifies the caller", async () => {
  await using app = await openTestApp(database);
  const good = await app.token("ADMIN");
  for (const cookie of [`session=${expired}; session=${good}`, `session=${good}; session=x`]) {
    const response = await app.get("/api/trpc/eventIngestion.getStats", { cookie });
    assertEquals(response.status, 200, cookie);
    await response.body?.cancel();
  }
});

Deno.test("6.9 refused tokens are counted by reason", async () => {
  await using app = await openTestApp(database);
  for (const token of [expired, forged, forged, eddsa, "garbage"]) {
    const headers = { authorization: `Bearer ${token}` };
    const tracked = await answerOf(app.post("/v1/events", { eventType: token.slice(-9) }, headers));
    assertEquals([tracked.status, tracked.body], [200, { eventId: null, tracked: true }]);
  }
  const text = await (await app.get("/metrics")).text();
  const counts = [...text.matchAll(/^sluice_tokens_refused_total\{reason="(\w+)"\} (\d+)$/gm)];
  assertEquals(Object.fromEntries(counts.map(([, reason, count]) => [reason, count])), {
    expired: "1",
    signature: "2",
    algorithm: "1",
    malformed: "1",
  });
});

Deno.test("6.9 9.10 events that are anonymous because of a refused token are listed with the client errors", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const events = [1, 2, 3].map((n) => ({ eventType: "page_viewed", props: { n, path: "/a" } }));
  const keyed = events.map((event) => ({ ...event, idempotencyKey: crypto.randomUUID() }));
  const headers = { authorization: `Bearer ${expired}` };
  const batch = await (await app.post("/v1/events/batch", { events: keyed }, headers)).json();
  assertEquals(batch.successful, 3);
  const invalid = await app.post("/v1/events", { eventType: "" }, headers);
  await invalid.body?.cancel();
  const good = await app.post("/v1/events", { eventType: "fine" }, await asAdmin(app));
  await good.body?.cancel();
  const list = async () => (await admin.rejections.query()).rejections;
  const entry = await until(
    async () => (await list()).find(({ kind }) => kind === "token_refused"),
    "the client error",
  );
  assertEquals([entry.rule, entry.events], ["token not accepted: expired", 3]);
  assertMatch(entry.message, /accepted as anonymous.*it expired at/);
  assertEquals(JSON.parse(entry.example).eventType, "page_viewed");
});
