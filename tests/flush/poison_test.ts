import { joinLine, parseRow, readRowJson } from "../../src/events/line.ts";
import { countBuffered, readBalance } from "../../src/kv/counter.ts";
import { outboxPrefix, segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import { pack, SEGMENT_FORMAT, unpack } from "../../src/kv/segment.ts";
import { BUFFER, listSetAside, putBack } from "../../src/kv/set_aside.ts";
import { createReconcile } from "../../src/reconciliation/reconcile.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { forever, makeFlusher } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const sink = createEventSink(database);
const encoder = new TextEncoder();

/** Appends `groups` of `size` events, a segment each, and returns their lines. */
async function fill(kv: Deno.Kv, groups: number, size: number): Promise<string[][]> {
  const buffer = makeBuffer(kv);
  const all: string[][] = [];
  for (let group = 0; group < groups; group++) {
    const events = Array.from(
      { length: size },
      (_, i) =>
        acceptedEvent({
          eventType: `e${i}`,
          idempotencyKey: crypto.randomUUID(),
          props: { text: `${group} € ü 😀` },
        }),
    );
    await Promise.all(events.map((event) => buffer.append(event)));
    all.push(events.map(({ line }) => line));
  }
  return all;
}

async function segmentIds(kv: Deno.Kv): Promise<string[]> {
  return (await keysUnder(kv, ...SEGMENTS)).map((key) => String(key[SEGMENTS.length]));
}

function idOf(line: string): string {
  return parseRow(readRowJson(line)).id;
}

/** Those of the lines' events that are rows. */
async function stored(lines: readonly string[]): Promise<number> {
  const ids = JSON.stringify(lines.map(idOf));
  const [row] = await database.run((sql) =>
    sql<[{ count: number }]>`
      select count(*)::integer as count from events
      where id = any(array(select json_array_elements_text(${ids}::text::json)::uuid))
    `
  );
  return row.count;
}

async function deadLetters(like: string) {
  return await database.run(async (sql) => [
    ...await sql<
      { event_id: string; event_type: string | null; reason: string; payload: string }[]
    >`
      select event_id, event_type, reason, payload from dead_letters
      where payload like ${`%${like}%`} order by payload
    `,
  ]);
}

/** Flushes until the buffer is empty, and checks that the counters balance. */
async function flushAll(kv: Deno.Kv) {
  const report = await makeFlusher(kv, sink).flush("size", forever);
  assertEquals([report.result, report.reason], ["drained", null]);
  assertEquals([await segmentIds(kv), await countBuffered(kv)], [[], 0]);
  const reconcile = createReconcile({
    kv,
    countRows: () => Promise.reject(new Error("not needed")),
    baseline: { read: () => Promise.resolve(0), record: () => Promise.resolve() },
  });
  const { differences, balance } = await reconcile(null);
  assertEquals([differences.received, differences.accepted], [0, 0]);
  return balance;
}

function withBytes(segment: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const copy = segment.slice();
  copy.set(bytes, at);
  return copy;
}

const UNREADABLE: Record<string, (segment: Uint8Array) => unknown> = {
  "random bytes": (segment) => segment.map((_, i) => (i * 151 + 89) % 256),
  "a wrong first byte": (segment) => withBytes(segment, 0, [0x5b]),
  "no bytes": () => new Uint8Array(),
  "only the format": () => new Uint8Array([SEGMENT_FORMAT]),
  "text": () => "€".repeat(20_000),
  "an object": () => ({ lines: [] }),
  "null": () => null,
  "a counter": () => new Deno.KvU64(7n),
  "other JSON": () => encoder.encode(`\u0001{"a":1}\n[1,2]\n`),
  "half a character": () => new Uint8Array([SEGMENT_FORMAT, 0xe2, 0x82]),
};

for (const [name, damage] of Object.entries(UNREADABLE)) {
  Deno.test(`8.10 a segment that is ${name} is set aside, and all others are flushed`, async () => {
    await using opened = await openTestKv();
    await using logs = await captureLogs();
    const { kv } = opened;
    const groups = await fill(kv, 5, 7);
    const [, , middle = ""] = await segmentIds(kv);
    const { value: intact } = await kv.get<Uint8Array>(segmentKey(middle));
    assert(intact !== null);
    const damaged = damage(intact);
    await kv.set(segmentKey(middle), damaged);
    const balance = await flushAll(kv);
    assertEquals([balance.accepted, balance.stored, balance.set_aside], [35, 28, 7]);
    const lines = groups.toSpliced(2, 1).flat();
    assertEquals(await stored(lines), 28);
    assertEquals(logs.of("error").length, 1);
    const [entry, ...others] = await Array.fromAsync(listSetAside(kv));
    assertEquals([entry?.source, entry?.id, others.length], [BUFFER, middle, 0]);
    // Put back as it is, it is set aside again; repaired, its events become rows.
    assert(entry !== undefined && await putBack(kv, entry, null));
    assertEquals((await flushAll(kv)).set_aside, 7);
    const values = [intact];
    const [again] = await Array.fromAsync(listSetAside(kv));
    assert(again !== undefined && await putBack(kv, again, { values, newId }));
    const end = await flushAll(kv);
    assertEquals([end.stored, end.set_aside], [35, 0]);
    assertEquals(await stored(groups.flat()), 35);
  });
}

/** Lines of an event in the middle of a segment, and how many dead letters they become. */
const LINES: Record<string, [damage: (line: string) => string | Uint8Array, deadLetters: number]> =
  {
    "cut off": [(line) => line.slice(0, 90), 1],
    "without a tab": [(line) => line.replace("\t", " "), 1],
    "invalid JSON": [(line) => line.replace(",", ",,"), 1],
    "an unquoted text": [(line) => line.replace('"', ""), 1],
    "a row without an id": [(line) => joinLine("[]", line.split("\t")[1] ?? ""), 1],
    "a row whose id is none": [(line) => line.replace(/^\["[^"]*"/, '["x"'), 1],
    "of two rows": [(line) => line.replace("\t", ",[]\t"), 1],
    "with a broken character": [
      (line) => encoder.encode(line).map((byte) => byte === 0xe2 ? 0xff : byte),
      1,
    ],
    "with a NUL": [(line) => line.replace("[", "\0["), 1],
    "lines of garbage": [() => "x\ny\n\n\nz", 1],
    "two damaged lines": [(line) => `${line.slice(0, 90)}\n${line.slice(0, 95)}`, 2],
  };

for (const [name, [damage, count]] of Object.entries(LINES)) {
  Deno.test(`8.10 a line that is ${name} becomes a dead letter, and all others become rows`, async () => {
    await using opened = await openTestKv();
    const { kv } = opened;
    const [lines = []] = await fill(kv, 1, 9);
    const [id = ""] = await segmentIds(kv);
    const mark = crypto.randomUUID();
    const line = (lines[4] ?? "").replace("0 € ü 😀", `€ ${mark}`);
    const damaged = damage(line);
    const bytes = typeof damaged === "string" ? encoder.encode(damaged) : damaged;
    const [before, after] = [lines.slice(0, 4), lines.slice(5)]
      .map((part) => encoder.encode(part.map((line) => `${line}\n`).join("")));
    await kv.set(
      segmentKey(id),
      new Uint8Array([SEGMENT_FORMAT, ...before ?? [], ...bytes, 0x0a, ...after ?? []]),
    );
    const balance = await flushAll(kv);
    assertEquals([balance.stored, balance.dead_letters + balance.set_aside], [8, 1]);
    assertEquals(await stored(lines.toSpliced(4, 1)), 8);
    const found = name === "cut off" || name.endsWith("an id") || name.endsWith("garbage")
      ? []
      : await deadLetters(mark);
    for (const { reason, payload, event_type } of found) {
      assertStringIncludes(reason, "unreadable in the buffer: ");
      assert(!payload.includes("203.0.113.7"), payload);
      assertEquals(event_type, null);
    }
    assertEquals(balance.dead_letters, count, "dead letters");
    const records = await Array.fromAsync(
      kv.list<Uint8Array>({ prefix: outboxPrefix("enrichment") }),
    );
    assertEquals(records.flatMap(({ value }) => unpack(value)), lines.toSpliced(4, 1));
  });
}

Deno.test("8.10 a row with raw newlines, as earlier versions replayed them, is one event and becomes a row", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const [lines = []] = await fill(kv, 1, 5);
  const [id = ""] = await segmentIds(kv);
  const row = parseRow(readRowJson(lines[2] ?? ""));
  const pretty = joinLine(JSON.stringify(row, null, 4), '{"ip":"203.0.113.7"}');
  const tabbed = joinLine(JSON.stringify(parseRow(readRowJson(lines[3] ?? "")), null, "\t"), "{}");
  const all = [...lines.slice(0, 2), pretty, tabbed, ...lines.slice(4)];
  await kv.set(segmentKey(id), encoder.encode(`\u0001${all.join("\n")}\n`));
  const balance = await flushAll(kv);
  assertEquals([balance.stored, balance.dead_letters, balance.set_aside], [5, 0, 0]);
  assertEquals(await stored(lines), 5);
  const records = await Array.fromAsync(
    kv.list<Uint8Array>({ prefix: outboxPrefix("enrichment") }),
  );
  assertEquals(records.flatMap(({ value }) => unpack(value)).map(idOf), lines.map(idOf));
});

Deno.test("8.10 a segment whose end is missing keeps its whole lines", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const [lines = []] = await fill(kv, 1, 6);
  const [id = ""] = await segmentIds(kv);
  const [segment] = pack(lines);
  await kv.set(segmentKey(id), segment?.bytes.slice(0, -500));
  const balance = await flushAll(kv);
  assertEquals(balance.accepted, 6);
  assertEquals(balance.stored, await stored(lines));
  assert(balance.stored >= 3, `${balance.stored}`);
});

Deno.test("8.9 a segment of a newer version stays where it is, whatever else is damaged", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await fill(kv, 2, 3);
  const [first = "", second = ""] = await segmentIds(kv);
  const newer = new Uint8Array([SEGMENT_FORMAT + 1, 0x7b, 0x7d, 0x0a]);
  await kv.set(segmentKey(first), "damaged");
  await kv.set(segmentKey(second), newer);
  const report = await makeFlusher(kv, sink).flush("size", forever);
  assertEquals([report.result, await segmentIds(kv)], ["newer", [second]]);
  assertEquals((await kv.get(segmentKey(second))).value, newer);
});

Deno.test("events that leave the buffer in no way that counts are not hidden by a miscount", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await fill(kv, 2, 3);
  const [first = ""] = await segmentIds(kv);
  await kv.delete(segmentKey(first)); // by hand, say
  await makeFlusher(kv, sink).flush("size", forever);
  assertEquals([await countBuffered(kv), (await readBalance(kv)).set_aside], [3, 0]);
});

Deno.test("events that arrive during a flush are never taken for a miscount", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  await fill(kv, 3, 5);
  const [first = ""] = await segmentIds(kv);
  await kv.set(segmentKey(first), encoder.encode("\u0001garbage\n\n\n\n"));
  const flusher = makeFlusher(kv, sink);
  const arriving = Array.from({ length: 30 }, () => fill(kv, 1, 3));
  for (let i = 0; i < 20; i++) await flusher.flush("size", forever);
  await Promise.all(arriving);
  const balance = await flushAll(kv);
  assertEquals([balance.accepted, balance.stored, balance.set_aside], [105, 100, 5]);
});

Deno.test("2.3 no replay names an event that could not be read, and its neighbours' replays name theirs", async () => {
  const damages: [(line: string) => string, isLost: boolean][] = [
    [(line) => line.slice(0, 90), true],
    [(line) => line.replace(",", ",,"), true],
    [(line) => line, false],
  ];
  for (const [damage, isLost] of damages) {
    await using opened = await openTestKv();
    const { kv } = opened;
    const buffer = makeBuffer(kv);
    const keys = Array.from({ length: 5 }, () => crypto.randomUUID());
    const send = (i: number) =>
      acceptedEvent({ eventType: `e${i}`, idempotencyKey: keys[i] ?? "" });
    const events = keys.map((_, i) => send(i));
    await Promise.all(events.map((event) => buffer.append(event)));
    const [id = ""] = await segmentIds(kv);
    const lines = events.map(({ line }, i) => i === 2 ? damage(line) : line);
    await kv.set(segmentKey(id), encoder.encode(`\u0001${lines.join("\n")}\n`));
    assertEquals(await buffer.append(send(2)), { kind: "replayed", eventId: null });
    await flushAll(kv);
    for (const [i, { id }] of events.entries()) {
      const eventId = i === 2 && isLost ? null : id;
      assertEquals(await buffer.append(send(i)), { kind: "replayed", eventId }, `${i}`);
    }
  }
});

Deno.test("2.3 no replay names an event of a segment that is set aside, or whose value is missing", async () => {
  for (const damage of ["garbage", null, new Uint8Array()]) {
    await using opened = await openTestKv();
    const { kv } = opened;
    const buffer = makeBuffer(kv);
    const key = crypto.randomUUID();
    const event = () => acceptedEvent({ eventType: "e", idempotencyKey: key });
    await buffer.append(event());
    const [id = ""] = await segmentIds(kv);
    await kv.set(segmentKey(id), damage);
    assertEquals(await buffer.append(event()), { kind: "replayed", eventId: null });
    await flushAll(kv);
    assertEquals(await buffer.append(event()), { kind: "replayed", eventId: null });
  }
});
