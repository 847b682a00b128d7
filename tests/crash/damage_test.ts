import { COUNTERS } from "../../src/kv/counter.ts";
import { adminClient, poison } from "../support/admin.ts";
import { systemClock } from "../../src/clock.ts";
import * as keys from "../../src/kv/keys.ts";
import { MANAGED_LIMITS } from "../../src/kv/limits.ts";
import { openKv } from "../../src/kv/open.ts";
import type { KvKey } from "../../src/kv/port.ts";
import { BUFFER } from "../../src/kv/set_aside.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { type Damage, DAMAGES, type KvFile } from "../support/damaged_kv.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

interface Family {
  /** The keys to damage, of those that exist or might. */
  readonly find: (file: KvFile) => Promise<readonly KvKey[]> | readonly KvKey[];
  /** The damaged segment's events cannot be rows. */
  readonly losesBuffered?: true;
  /** Makes some. */
  readonly needs?: (app: TestApp) => Promise<unknown>;
  /** Not a file's limits: each fingerprint has a key. */
  readonly managed?: true;
  readonly enriches?: true;
}

const under = (prefix: KvKey) => ({ kv }: KvFile) => keysUnder(kv, ...prefix);
const first = (prefix: KvKey) => async ({ kv }: KvFile) =>
  (await keysUnder(kv, ...prefix)).slice(0, 1);

const FAMILIES: Record<string, Family> = {
  "the format": { find: () => [keys.FORMAT] },
  "a segment": { find: first(keys.SEGMENTS), losesBuffered: true },
  "claims of fingerprints": { find: under(["dedupe"]), managed: true },
  "the head of the log of claims": { find: () => [keys.LOG_HEAD] },
  "fingerprints in the log": { find: under(keys.LOG) },
  "keys in the log": { find: under(keys.KEY_LOG) },
  "claims of keys": { find: under(keys.IDEMPOTENCY), managed: true },
  "corrections of claims": {
    find: under(["corrected_claim"]),
    needs: (app) => poison(app, database, crypto.randomUUID()),
  },
  ...Object.fromEntries(
    (["accepted", "buffered", "stored", "duplicates"] as const)
      .map((name) => [`the counter ${name}`, { find: () => [keys.counterKey(name)] }]),
  ),
  "all counters": { find: () => COUNTERS.map(keys.counterKey) },
  "the baseline": { find: () => [keys.RECONCILIATION_BASELINE] },
  "outbox records": { find: under(keys.OUTBOX) },
  "the flush lease": { find: () => [keys.FLUSH_LEASE] },
  "kept copies": { find: under(keys.KEPT), enriches: true },
  "copies of dead letters": { find: under(keys.KEPT_DEAD), needs: (app) => poison(app, database) },
  "what is set aside": {
    find: () => [keys.setAsideKey(BUFFER, "a"), keys.setAsideKey("outbox:enrichment", "b")],
  },
  "notes of what is set aside": {
    find: () => [keys.setAsideNoteKey(BUFFER, "a"), keys.setAsideNoteKey("outbox:enrichment", "b")],
  },
  "the mark of a miscount": { find: () => [keys.MISCOUNTED] },
  "contexts of dead letters": {
    find: under(["dead_letter"]),
    needs: (app) => poison(app, database),
  },
  "rejections": {
    find: () => [keys.rejectionKey("p", "r")],
  },
  "the readable events of damaged segments": { find: () => [keys.damagedSegmentKey("x")] },
  "notes of failing records": {
    find: () => [[...keys.failingPrefix("enrichment"), "x"]],
    enriches: true,
  },
  "what is never read": {
    find: () => [
      keys.RESERVE,
      keys.HEALTH_PROBE,
      keys.replayKey(newId(), 1),
      keys.undeliveredKey("enrichment"),
    ],
  },
};

function track(app: TestApp, key: string) {
  const event = { eventType: "e", idempotencyKey: key, props: { key } };
  return app.post("/v1/events", event);
}

async function trackAll(app: TestApp, keys: readonly string[]) {
  for (const key of keys) {
    const response = await track(app, key);
    const { tracked } = await response.json();
    assertEquals([response.status, tracked], [200, true]);
  }
}

async function rows(keys: readonly string[]): Promise<number[]> {
  const found = await database.run((sql) =>
    sql<{ key: string; count: number }[]>`
      select idempotency_key::text as key, count(*)::integer as count from events
      where idempotency_key = any(array(
        select json_array_elements_text(${JSON.stringify(keys)}::text::json)::uuid))
      group by 1
    `
  );
  const counts = new Map(found.map(({ key, count }) => [key, count]));
  return keys.map((key) => counts.get(key) ?? 0);
}

const uuids = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());

/** Everything that reads KV answers. */
async function assertAnswers(app: TestApp) {
  const { admin, eventIngestion } = adminClient(app);
  await eventIngestion.getStats.query();
  await admin.overview.query();
  await admin.rejections.query();
  await admin.recentEvents.query({});
  await admin.deadLetters.list.query({});
  for (const path of ["/metrics", "/readyz"]) {
    const response = await app.get(path);
    const text = await response.text();
    assert([200, 503].includes(response.status), text);
    assert(!/"kv":\{"state":"failing/.test(text), text);
  }
}

/** Events of one damage, by their keys: accepted before it, and after it. */
interface Sent {
  readonly old: readonly string[];
  /** In the first segment, and in another. */
  readonly buffered: readonly string[];
  readonly healthy: readonly string[];
  readonly fresh: readonly string[];
  readonly later: readonly string[];
}

/** Runs `work` with an application on a KV that exists. */
async function withApp(path: string, family: Family, work: (app: TestApp) => Promise<void>) {
  using kv = await openKv(path, { clock: systemClock, random: Math.random });
  const environment = { ENABLE_ENRICHMENT: String(family.enriches ?? false) };
  const limits = family.managed ? { kvLimits: MANAGED_LIMITS } : {};
  await using app = await openTestApp(database, {
    environment,
    parts: (parts) => ({ ...parts, kv, ...limits }),
  });
  await work({ ...app, kv });
}

async function flush(app: TestApp) {
  await assertAnswers(app);
  assertEquals((await forceFlush(app)).flushed, true);
  await app.app.everyMinute();
}

/** @returns how many keys were damaged */
async function damageAndGoOn(path: string, family: Family, damage: Damage, sent: Sent) {
  let damaged = 0;
  await withApp(path, family, async (app) => {
    await trackAll(app, sent.old);
    await flush(app);
    await family.needs?.(app);
    await trackAll(app, sent.buffered);
    await trackAll(app, sent.healthy);
    const file = { kv: app.kv, path };
    const found = await family.find(file);
    for (const key of found) await damage(file, key);
    damaged = found.length;
    await trackAll(app, [...sent.fresh, ...sent.old]);
    await flush(app);
  });
  return damaged;
}

/** Starts again, and checks that the counters balance. */
async function restart(path: string, family: Family, sent: Sent) {
  await withApp(path, family, async (app) => {
    await trackAll(app, sent.later);
    await flush(app);
    const { reconciliation, balance } = await adminClient(app).admin.overview.query();
    const { received, accepted } = reconciliation;
    assertEquals([received, accepted, balance.buffered], [0, 0, 0], JSON.stringify(balance));
  });
}

for (const [name, family] of Object.entries(FAMILIES)) {
  Deno.test(`8.17 damage to ${name} stops nothing, loses and doubles nothing that is healthy`, async (t) => {
    await using opened = await openTestKv();
    for (const [damageName, damage] of Object.entries(DAMAGES)) {
      await t.step(damageName, async () => {
        await using logs = await captureLogs();
        const [old, buffered, healthy, fresh, later] = [
          uuids(2),
          uuids(1),
          uuids(1),
          uuids(2),
          uuids(2),
        ];
        const sent = { old, buffered, healthy, fresh, later };
        const damaged = await damageAndGoOn(opened.path, family, damage, sent);
        await restart(opened.path, family, sent);
        const all = [
          ...old,
          ...healthy,
          ...fresh,
          ...later,
          ...family.losesBuffered ? [] : buffered,
        ];
        assertEquals(await rows(all), all.map(() => 1));
        const errors = logs.of("error").map(({ message }) => message.join(""))
          .filter((error) => !error.startsWith("KV was empty")); // on a Postgres that has rows
        const repeated = Map.groupBy(errors, (error) => error).values().map(({ length }) => length);
        assertLessOrEqual(Math.max(0, ...repeated), damaged, errors.join("\n"));
      });
    }
  });
}
