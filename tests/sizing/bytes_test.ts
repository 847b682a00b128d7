/** The bytes that the model computes with, compared with those that real events take. */

import type { TrackEventInput } from "../../src/events/types.ts";
import type { Keys } from "../../src/sizing/costs.ts";
import { lineBytes, storedBytes } from "../../src/sizing/model.ts";
import { makeKey } from "../bench/load/keys.ts";
import { makeEvent, userAgentOf } from "../bench/load/requests.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";

const EVENTS = 4_000;
const PER_REQUEST = 50;
/** What the model may be off by, either way: pages are not full, and words compress. */
const FACTOR = 1.4;

const TABLES = ["events", "event_enrichments", "idempotency_keys", "sessions", "session_visits"];

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Enriched events, and the bytes of all rows and indexes. */
async function readRows(): Promise<{ readonly enriched: number; readonly bytes: number }> {
  const [row] = await postgres.database.run((sql) =>
    sql<[{ enriched: number; bytes: number }]>`
      select
        (select count(*) from event_enrichments)::integer as enriched,
        (select sum(pg_total_relation_size(relid)) from pg_stat_user_tables
         where relname ~ ${`^(${TABLES.join("|")})(_default|_[0-9_]+)?$`})::float8 as bytes
    `
  );
  return row;
}

for (const { keys, pad } of [{ keys: "none", pad: 0 }, { keys: "ordered", pad: 500 }] as const) {
  Deno.test(`bytes in KV and Postgres are as computed: keys ${keys}, ${pad} bytes of props`, async () => {
    await using test = await openTestApp(postgres.database);
    const before = await readRows();
    let json = 0;
    let lines = 0;
    for (let first = 0; first < EVENTS; first += PER_REQUEST) {
      const events = Array.from({ length: PER_REQUEST }, (_, i) => makeInput(first + i, pad));
      json += events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
      const keyed = events.map((event) => ({ ...event, ...keyOf(keys) }));
      const userAgent = userAgentOf(first);
      const context = contextOf({ ip: "203.0.113.7", userAgent });
      for (const input of keyed) {
        lines += acceptedEvent(input, { identity: null, context }).line.length;
      }
      const { status } = await test.post(
        "/v1/events/batch",
        { events: keyed },
        { "user-agent": userAgent },
      );
      assertEquals(status, 200);
    }
    await test.app.drain(60_000);
    const after = await until(async () => {
      const rows = await readRows();
      return rows.enriched === before.enriched + EVENTS ? rows : null;
    }, "all events to be enriched");
    const load = { keys, bytes: json / EVENTS };
    assertClose(lines / EVENTS, lineBytes(load), "bytes in KV");
    assertClose((after.bytes - before.bytes) / EVENTS, storedBytes(load), "bytes in Postgres");
  });
}

function makeInput(n: number, pad: number): TrackEventInput {
  const run = pad.toString(16).padStart(8, "0");
  const serial = Math.floor(n / 8).toString(16).padStart(12, "0");
  const { props, ...event } = makeEvent(n, run, serial) as { props?: object };
  const words = Array.from({ length: pad / 10 }, () => Math.random().toString(36).slice(2, 11));
  return {
    ...event,
    props: pad === 0 ? props : { ...props, words: words.join(" ") },
  } as unknown as TrackEventInput;
}

function keyOf(keys: Keys): { readonly idempotencyKey?: string } {
  return keys === "none" ? {} : { idempotencyKey: makeKey(keys) };
}

function assertClose(measured: number, model: number, name: string): void {
  const text = `${name}: measured ${measured}, computed ${model}`;
  assertLess(measured, model * FACTOR, text);
  assertGreater(measured, model / FACTOR, text);
}
