import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { keptKey, outboxPrefix } from "../../src/kv/keys.ts";
import { pack } from "../../src/kv/segment.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { restoreEvents } from "../../src/cli/restore_events.ts";
import { outboxSource, setAside } from "../../src/kv/set_aside.ts";
import { assertEquals } from "../support/assert.ts";
import { acceptedEvent } from "../support/events.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

async function countRows(): Promise<number> {
  const [row] = await database.run((sql) =>
    sql<[{ rows: number }]>`select count(*)::integer as rows from events`
  );
  return row.rows;
}

Deno.test("8.15 reflush may be interrupted, repeated, and run twice at once", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  for (let i = 0; i < 5; i++) {
    const lines = [0, 1].map((j) => acceptedEvent({ eventType: `e${i}${j}` }).line);
    for (const { bytes } of pack(lines)) await kv.set(keptKey(newId()), bytes);
  }
  const stop = new AbortController();
  const never = new AbortController();
  const options = {
    kv,
    database,
    sink: createEventSink(database),
    since: Date.now() - 60_000,
    onProgress: () => {},
    stop: never.signal,
  };
  const interrupted = await restoreEvents({
    ...options,
    stop: stop.signal,
    onProgress: ({ events }) => {
      if (events === 4) stop.abort();
    },
  });
  assertEquals([interrupted.events, interrupted.stored, await countRows()], [4, 4, 4]);
  const both = await Promise.all([restoreEvents(options), restoreEvents(options)]);
  assertEquals(both.reduce((sum, { stored }) => sum + stored, 0), 6);
  assertEquals([await countRows(), (await keysUnder(kv, ...outboxPrefix(ENRICHMENT))).length], [
    10,
    5,
  ]);
});

Deno.test("8.15 reflush passes over entries that cannot be read, and events from before", async () => {
  await using opened = await openTestKv();
  const before = await countRows();
  await opened.kv.set(keptKey(newId()), "damage");
  for (const { bytes } of pack([acceptedEvent({ eventType: "a" }).line])) {
    await opened.kv.set(keptKey(newId()), bytes);
  }
  const options = {
    kv: opened.kv,
    database,
    sink: createEventSink(database),
    onProgress: () => {},
    stop: new AbortController().signal,
  };
  const later = await restoreEvents({ ...options, since: Date.now() + 60_000 });
  assertEquals([later.events, later.unreadable], [0, 0]);
  const restored = await restoreEvents({ ...options, since: 0 });
  assertEquals([restored.stored, restored.unreadable, await countRows()], [1, 1, before + 1]);
});

Deno.test("8.15 reflush restores the events of outbox records that were set aside, which wait for a person", async () => {
  await using opened = await openTestKv();
  const before = await countRows();
  const [segment] = pack([acceptedEvent({ eventType: "set aside" }).line]);
  const note = { source: outboxSource(ENRICHMENT), reason: "", at: 0, events: 0 };
  for (const value of [segment?.bytes, "damage"]) {
    const operation = opened.kv.atomic();
    setAside(operation, { ...note, id: newId() }, value);
    await operation.commit();
  }
  const options = {
    kv: opened.kv,
    database,
    sink: createEventSink(database),
    since: Date.now() - 60_000,
    onProgress: () => {},
    stop: new AbortController().signal,
  };
  const { stored, queued, unreadable } = await restoreEvents(options);
  assertEquals([stored, queued, unreadable, await countRows()], [1, 0, 0, before + 1]);
});
