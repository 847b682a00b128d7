import { correctLostClaims } from "../../src/cli/correct_lost_claims.ts";
import { setCorrection } from "../../src/kv/correction.ts";
import { idempotencyKey, SEGMENTS } from "../../src/kv/keys.ts";
import { assertEquals } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("8.16 claims that are damaged do not keep reflush from correcting the others", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const lost = idempotencyKey(crypto.randomUUID());
  const claim = { deadline: Date.now() + 60_000, eventId: crypto.randomUUID(), segment: "gone" };
  await kv.set(lost, claim);
  const damaged = [idempotencyKey(crypto.randomUUID()), idempotencyKey("no UUID")];
  await kv.set(damaged[0] ?? [], null);
  await kv.set(damaged[1] ?? [], claim);
  const corrected = await correctLostClaims({
    kv,
    database: postgres.database,
    now: Date.now,
    idempotencyTtlMs: 3_600_000,
    stop: new AbortController().signal,
  });
  assertEquals([corrected, (await kv.get(lost)).versionstamp], [1, null]);
});

Deno.test("8.16 claims in the log of events that are lost are corrected, once, and no others", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const buffer = makeBuffer(kv);
  const keys = Array.from({ length: 5 }, () => crypto.randomUUID());
  const events = keys.map((idempotencyKey) => acceptedEvent({ eventType: "e", idempotencyKey }));
  const [lost, dead, replayed, , expired] = events;
  for (const event of events) await buffer.append(event);
  const segments = (await keysUnder(kv, ...SEGMENTS)).filter((_, i) => i !== 3); // one is buffered
  for (const key of segments) await kv.delete(key);
  const ttlMs = 3_600_000;
  const now = Date.now();
  const operation = kv.atomic();
  const claimOf = (event = lost) => ({
    eventId: event?.id ?? "",
    idempotencyKey: event?.dedupKey.by === "idempotency_key" ? event.dedupKey.key : "",
  });
  setCorrection(operation, claimOf(dead), { kind: "dead" }, { now, ttlMs });
  const row = { kind: "row" as const, eventId: crypto.randomUUID() }; // lost, too
  setCorrection(operation, claimOf(replayed), row, { now, ttlMs });
  setCorrection(operation, claimOf(expired), { kind: "void" }, { now, ttlMs });
  await operation.commit();
  const options = {
    kv,
    database: postgres.database,
    now: Date.now,
    idempotencyTtlMs: ttlMs,
    stop: new AbortController().signal,
  };
  assertEquals([await correctLostClaims(options), await correctLostClaims(options)], [2, 0]);
  const outcomes = [];
  for (const idempotencyKey of keys) {
    outcomes.push((await buffer.append(acceptedEvent({ eventType: "e", idempotencyKey }))).kind);
  }
  assertEquals(outcomes, ["accepted", "replayed", "accepted", "replayed", "accepted"]);
});
