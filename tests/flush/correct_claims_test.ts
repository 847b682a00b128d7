import { correctClaims } from "../../src/flush/correct_claims.ts";
import { idempotencyKey } from "../../src/kv/keys.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { newId } from "../support/ids.ts";
import { openTestKv } from "../support/kv.ts";

Deno.test("8.18 a claim whose deadline cannot be fails no flush that would correct it", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock(Date.now());
  for (const deadline of [clock.now() + 1_000.5, 8.64e15, 1e300, Infinity, NaN]) {
    const [eventId, uuid] = [newId(), crypto.randomUUID()];
    await kv.set(idempotencyKey(uuid), { deadline, eventId, segment: newId() });
    await correctClaims({ kv, clock, idempotencyTtlMs: 1 }, [{
      eventId,
      idempotencyKey: uuid,
      rowId: null,
    }]);
  }
  const [eventId, uuid] = [newId(), crypto.randomUUID()];
  const claim = { deadline: clock.now() + 1_000, eventId, segment: newId() };
  await kv.set(idempotencyKey(uuid), claim);
  await correctClaims({ kv, clock, idempotencyTtlMs: 1 }, [{
    eventId,
    idempotencyKey: uuid,
    rowId: null,
  }]);
  assertEquals((await kv.get(idempotencyKey(uuid))).value, { ...claim, deadLettered: true });
});
