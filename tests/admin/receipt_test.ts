import { adminClient, refusePoison } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, openClosedDatabase } from "../support/server.ts";
import { forgetKeys } from "../support/kv.ts";
import { until } from "../support/until.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("9.4 a receipt follows an event from the buffer to enrichment, by id and by key", async () => {
  await using app = await openTestApp(database, { environment: { ENABLE_ENRICHMENT: "true" } });
  const { admin } = adminClient(app);
  const idempotencyKey = crypto.randomUUID();
  const before = Date.now();
  await app.post("/v1/events", { eventType: "a", props: { n: 1 }, idempotencyKey });
  const buffered = await admin.receipt.query({ idempotencyKey: idempotencyKey.toUpperCase() });
  assertEquals(buffered.state, "buffered");
  assertEquals((buffered.event?.["props"] as { n: number }).n, 1);
  assertEquals([buffered.storedAt, buffered.enrichedAt, buffered.deadAt], [null, null, null]);
  const eventId = buffered.eventId ?? "";
  assertEquals((await admin.receipt.query({ eventId })).state, "buffered");

  await forceFlush(app);
  await until(
    async () => (await admin.receipt.query({ eventId })).state === "enriched",
    "enrichment",
  );
  for (const input of [{ eventId }, { idempotencyKey }]) {
    const { receivedAt, storedAt, enrichedAt, ...receipt } = await admin.receipt.query(input);
    const times = [receivedAt, storedAt, enrichedAt].map((at) => Date.parse(at ?? ""));
    assert(times.every((at) => at >= before - 1_000 && at <= Date.now() + 1_000), String(times));
    assertEquals(receipt.event?.["event_type"], "a");
    assertEquals(receipt.enrichment?.["event_id"], eventId);
    assert(!JSON.stringify(receipt).includes('"ip"'));
  }
});

Deno.test("9.4 a key that has expired in KV is found in Postgres", async () => {
  await using app = await openTestApp(database);
  const idempotencyKey = crypto.randomUUID();
  await app.post("/v1/events", { eventType: "a", idempotencyKey });
  await forceFlush(app);
  await forgetKeys(app.kv);
  const { state } = await adminClient(app).admin.receipt.query({ idempotencyKey });
  assert(state === "stored" || state === "enriched", state);
});

Deno.test("9.4 a receipt shows a dead letter with its reason, and its replay", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const idempotencyKey = crypto.randomUUID();
  await refusePoison(database, true);
  await app.post("/v1/events", { eventType: "poison", idempotencyKey });
  await forceFlush(app);
  await forgetKeys(app.kv);
  const dead = await admin.receipt.query({ idempotencyKey });
  assertEquals([dead.state, dead.replayedAt], ["dead_lettered", null]);
  assertStringIncludes(dead.reason ?? "", "no_poison");
  assertEquals(dead.event?.["event_type"], "poison");
  await refusePoison(database, false);
  const eventId = dead.eventId ?? "";
  await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  const replayed = await admin.receipt.query({ eventId });
  assertEquals(replayed.state, "buffered");
  assert(replayed.replayedAt !== null && replayed.deadAt === dead.deadAt);
});

Deno.test("9.4 an id or key without an event has the state unknown", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  for (const input of [{ eventId: newId() }, { idempotencyKey: crypto.randomUUID() }]) {
    assertEquals((await admin.receipt.query(input)).state, "unknown");
  }
});

Deno.test("9.1 errors of a receipt name the valid input, or that Postgres is unavailable", async () => {
  await using app = await openTestApp(openClosedDatabase());
  const { admin } = adminClient(app);
  await assertRejects(() => admin.receipt.query({ eventId: "7" }), Error, "eventId must be a UUID");
  const nothing = {} as { eventId: string };
  await assertRejects(() => admin.receipt.query(nothing), Error, "{eventId} or {idempotencyKey}");
  const error = await assertRejects(
    () => admin.receipt.query({ eventId: newId() }),
    Error,
    "Postgres is not responding",
  );
  assertEquals((error as { data?: { httpStatus?: number } }).data?.httpStatus, 503);
});
