import { parseLine, readContextJson } from "../../src/events/line.ts";
import { deadLetterContextKey, outboxPrefix } from "../../src/kv/keys.ts";
import { getText } from "../../src/kv/text.ts";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

/** As large as requests may make it, with characters above U+00FF and ones that JSON escapes. */
const hint = '"'.repeat(256);
const context = contextOf({
  ip: "203.0.113.7",
  userAgent: `€${'"'.repeat(511)}`,
  referrer: `https://shop.example/${"\\".repeat(2_000)}`,
  language: '"'.repeat(128),
  clientHints: {
    brands: hint,
    fullVersions: hint,
    platform: hint,
    platformVersion: hint,
    mobile: hint,
    model: hint,
  },
});

Deno.test("7.7 no number of dead letters with contexts of any size stops a flush, and each context is kept", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const events = Array.from(
    { length: 150 },
    (_, i) => acceptedEvent({ eventType: `e${i}` }, { identity: null, context }),
  );
  await Promise.all(events.map((event) => buffer.append(event)));
  assertGreater(readContextJson(events[0]?.line ?? "").length, 8_400);
  const sink = new MemorySink();
  sink.answer = (lines) => ({
    ok: true,
    stored: 0,
    replays: [],
    dead: lines.map((line) => {
      const { row } = parseLine(line);
      return { eventId: row.id, idempotencyKey: null, rowId: null };
    }),
  });
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals([report.result, report.reason, report.deadLetters], ["drained", null, 150]);
  for (const { id, line } of events) {
    assertEquals(await getText(opened.kv, deadLetterContextKey(id)), readContextJson(line));
  }
  assertEquals(await keysUnder(opened.kv, ...outboxPrefix("enrichment")), []);
});
