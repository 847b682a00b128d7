import { REJECTIONS } from "../../src/kv/keys.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { readRejections, RejectionLog } from "../../src/admin/rejections.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const HOUR = 3_600_000;

Deno.test("9.10 the same mistake with different values is one entry with an example", async () => {
  await using app = await openTestApp(postgres.database);
  const { admin } = adminClient(app);
  const idempotencyKey = crypto.randomUUID();
  const wrong: unknown[] = [
    { eventType: "page_viewed", sessionId: "one" },
    { eventType: "page_viewed", sessionId: "two" },
    { eventType: "payout_completed", props: { amount_cents: 5 } },
    { eventType: "page_viewed", props: { occurred_at: "2001-01-01T00:00:00Z" } },
    { eventType: "page_viewed", props: { occurred_at: "2002-01-01T00:00:00Z" } },
    { eventType: "a", idempotencyKey },
    { eventType: "b", idempotencyKey },
    5,
  ];
  for (const event of wrong) await app.post("/v1/events", JSON.stringify(event));
  const list = async () => (await admin.rejections.query()).rejections;
  await until(async () => (await list()).length === 5, "five rules");
  const entries = Object.fromEntries(
    (await list()).map(({ rule, kind, events }) => [rule, [kind, events]]),
  );
  assertEquals(entries, {
    "sessionId must be a UUID (8-4-4-4-12 hexadecimal digits)": ["invalid", 2],
    "payout_completed requires props.payment_method": ["rule_violated", 1],
    "occurred_at": ["rule_violated", 2],
    "idempotencyKey used for a different event": ["conflict", 1],
    "event must be an object": ["invalid", 1],
  });
  const uuid = (await list()).find(({ rule }) => rule.startsWith("sessionId"));
  assertEquals(JSON.parse(uuid?.example ?? ""), { eventType: "page_viewed", sessionId: "one" });
  assert(uuid?.message.includes('got "one"'), uuid?.message);
});

const outcome = { kind: "too_large", message: "The event is 40000 bytes" } as const;

Deno.test("9.10 rejections of several processes add up", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const [a, b] = ["a", "b"].map((process) =>
    new RejectionLog({ kv: opened.kv, clock, newId: () => process, urls: createUrlFilter([]) })
  );
  for (let i = 0; i < 3; i++) a?.record({ n: i }, outcome);
  await clock.advance(60_000);
  b?.record({ n: "b" }, outcome);
  await Promise.all([a?.write(), b?.write()]);
  const { rejections: [entry, ...others] } = await readRejections(opened.kv, clock);
  assertEquals(others, []);
  assertEquals([entry?.events, JSON.parse(entry?.example ?? "")], [4, { n: "b" }]);
  assertEquals(Date.parse(entry?.lastAt ?? "") - Date.parse(entry?.firstAt ?? ""), 60_000);
});

Deno.test("9.10 a rule not broken for a day is dropped", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const log = new RejectionLog({
    kv: opened.kv,
    clock,
    newId: () => "a",
    urls: createUrlFilter([]),
  });
  log.record({}, outcome);
  await log.write();
  await clock.advance(25 * HOUR);
  assertEquals((await readRejections(opened.kv, clock)).rejections, []);
});

Deno.test("the number of rules is bounded", async () => {
  await using opened = await openTestKv();
  const log = new RejectionLog({
    kv: opened.kv,
    clock: new FakeClock(),
    newId: () => "a",
    urls: createUrlFilter([]),
  });
  for (let i = 0; i < 1_000; i++) {
    const message = `type_${i} requires props.x`;
    log.record({ i }, { kind: "rule_violated", rule: "required_props", message });
  }
  await log.write();
  assertEquals((await keysUnder(opened.kv, ...REJECTIONS)).length, 100);
});

Deno.test("9.10 damaged entries in KV are left out of the list", async () => {
  await using app = await openTestApp(postgres.database);
  await app.post("/v1/events", JSON.stringify("not an event"));
  const list = async () => (await adminClient(app).admin.rejections.query()).rejections;
  await until(async () => (await list()).length === 1, "the entry");
  const [at, texts] = [Date.now(), { kind: "k", rule: "r", message: "m", example: "e" }];
  const damages = [
    ...[null, "x", 5, {}, new Uint8Array(2), { rule: "r", lastAt: Infinity }],
    { ...texts, events: 1, firstAt: -1e300, lastAt: at },
    { ...texts, events: 1, firstAt: at, lastAt: 8e15 },
    { ...texts, events: -7.5, firstAt: at, lastAt: at },
  ];
  for (const [i, damage] of damages.entries()) {
    await app.kv.set([...REJECTIONS, "process", `rule ${i}`], damage);
  }
  assertEquals((await list()).length, 1);
});
