import { adminClient, poison } from "../support/admin.ts";
import { makeKey } from "../../src/api_keys/format.ts";
import { createKey, randomBytes } from "../support/api_keys.ts";
import * as keys from "../../src/kv/keys.ts";
import { countDamage, DAMAGE_KINDS, type DamageKind } from "../../src/kv/damage.ts";
import { checkFormat } from "../../src/kv/format.ts";
import type { KvKey } from "../../src/kv/port.ts";
import { openTestApp, type TestApp as App } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

interface Case {
  /** The key to damage. */
  readonly key: (app: App) => KvKey | Promise<KvKey>;
  /** Reads it. */
  readonly read: (app: App) => Promise<unknown>;
}

const uuid = crypto.randomUUID();
const track = (app: App) => app.post("/v1/events", { eventType: "e", idempotencyKey: uuid });

let deadLetter = "";

const CASES: Record<DamageKind, Case> = {
  format: { key: () => keys.FORMAT, read: ({ kv }) => checkFormat(kv) },
  counter: { key: () => keys.counterKey("accepted"), read: (app) => app.app.everyMinute() },
  baseline: { key: () => keys.RECONCILIATION_BASELINE, read: (app) => app.app.everyMinute() },
  lease: { key: () => keys.FLUSH_LEASE, read: forceFlush },
  claim: {
    async key(app) {
      await (await track(app)).body?.cancel();
      const receipt = await adminClient(app).admin.receipt.query({ idempotencyKey: uuid });
      return keys.correctionKey(receipt.eventId ?? "", uuid);
    },
    read: track,
  },
  claim_log: {
    key: () => keys.LOG_HEAD,
    read: (app) => app.post("/v1/events", { eventType: crypto.randomUUID() }),
  },
  context: {
    async key(app) {
      deadLetter = await poison(app, database);
      return keys.deadLetterContextKey(deadLetter);
    },
    read: (app) =>
      adminClient(app).admin.deadLetters.replay.mutate({ deadLetters: [{ eventId: deadLetter }] }),
  },
  failing_note: {
    key: () => [...keys.failingPrefix("enrichment"), "x"],
    read: (app) => app.app.everyMinute(),
  },
  set_aside_note: {
    key: () => keys.setAsideNoteKey("buffer", "a"),
    read: (app) => app.get("/metrics").then((response) => response.text()),
  },
  api_key: {
    async key() {
      return keys.apiKeyKey((await createKey(database)).id);
    },
    read: (app) =>
      app.post("/v1/events", { eventType: crypto.randomUUID() }, {
        "x-api-key": makeKey(randomBytes),
      }),
  },
  rejection: {
    key: () => keys.rejectionKey("p", "r"),
    read: (app) => adminClient(app).admin.rejections.query(),
  },
};

async function metric(app: App, kind: DamageKind): Promise<string> {
  const text = await (await app.get("/metrics")).text();
  return text.split("\n").find((line) =>
    line.startsWith(`sluice_kv_damage_total{kind="${kind}"}`)
  ) ?? "";
}

for (const kind of DAMAGE_KINDS) {
  Deno.test(`8.19 damage of the kind ${kind} is counted once, and shown`, async () => {
    await using logs = await captureLogs();
    await using app = await openTestApp(database, { environment: { ENABLE_ENRICHMENT: "true" } });
    const { key, read } = CASES[kind];
    await (await app.post("/v1/events", { eventType: crypto.randomUUID() })).body?.cancel();
    await forceFlush(app);
    const damaged = await key(app);
    assertEquals(await metric(app, kind), `sluice_kv_damage_total{kind="${kind}"} 0`);
    await app.kv.set(damaged, "€€");
    for (let n = 0; n < 2; n++) {
      const result = await read(app);
      if (result instanceof Response) await result.body?.cancel();
    }
    await app.app.everyMinute();
    assertEquals(await metric(app, kind), `sluice_kv_damage_total{kind="${kind}"} 1`);
    assertEquals(countDamage(app.kv), 1);
    assertEquals((await adminClient(app).admin.overview.query()).damagedValues, 1);
    const messages = logs.records.map(({ message }) => message.join(""));
    assertEquals(messages.filter((text) => /damaged/.test(text)).length, 1, messages.join("\n"));
  });
}
