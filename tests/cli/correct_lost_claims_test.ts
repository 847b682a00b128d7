import { correctLostClaims } from "../../src/cli/correct_lost_claims.ts";
import { idempotencyKey } from "../../src/kv/keys.ts";
import { assertEquals } from "../support/assert.ts";
import { openTestKv } from "../support/kv.ts";
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
    stop: new AbortController().signal,
  });
  assertEquals([corrected, (await kv.get(lost)).versionstamp], [1, null]);
});
