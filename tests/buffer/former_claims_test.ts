/** A KV file that is put behind a server, or taken from there. */

import { assertEquals } from "../support/assert.ts";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { CONNECT_LIMITS, LOCAL_LIMITS } from "../../src/kv/limits.ts";
import { makeBuffer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { openTestKv } from "../support/kv.ts";

const WAYS = { "a file": LOCAL_LIMITS, "a server": CONNECT_LIMITS };
const TTL_MS = 60_000;

function kinds(outcomes: readonly BufferOutcome[]): string[] {
  return [...new Set(outcomes.map(({ kind }) => kind))];
}

for (const [before, after] of [["a file", "a server"], ["a server", "a file"]] as const) {
  for (const opens of [true, false]) {
    const reading = opens ? "read at the start" : "read by the first commit";
    Deno.test(`5.15 events sent to ${before} and then to ${after} are duplicates (${reading})`, async () => {
      await using opened = await openTestKv();
      const { kv } = opened;
      const clock = new FakeClock(Date.now());
      const events = () =>
        Array.from(
          { length: 30 },
          (_, i) => acceptedEvent({ eventType: `type_${i}` }, undefined, clock.now),
        );
      const first = makeBuffer(kv, { limits: WAYS[before], clock });
      assertEquals(kinds(await Promise.all(events().map((e) => first.append(e)))), ["accepted"]);

      const next = makeBuffer(kv, { limits: WAYS[after], clock });
      if (opens) await next.open();
      assertEquals(kinds(await Promise.all(events().map((e) => next.append(e)))), ["duplicate"]);
      assertEquals(await countBuffered(kv), 30);

      const others = [acceptedEvent({ eventType: "another" }, undefined, clock.now)];
      assertEquals(kinds(await Promise.all(others.map((e) => next.append(e)))), ["accepted"]);
      const late = events();
      await clock.advance(TTL_MS);
      assertEquals(kinds(await Promise.all(late.map((e) => next.append(e)))), ["accepted"]);
    });
  }
}

Deno.test("5.15 groups that are committed at once share the read of what was claimed in the other way", async () => {
  await using opened = await openTestKv();
  await makeBuffer(opened.kv).append(acceptedEvent({ eventType: "claimed in the log" }));
  let reads = 0;
  const faults = { ...noFaults(), list: () => ++reads < 0 };
  const limits = { ...CONNECT_LIMITS, groupSize: 2, commitsInFlight: 3 };
  const buffer = makeBuffer(faultyKv(opened.kv, faults), { limits });
  const events = Array.from({ length: 6 }, (_, i) => acceptedEvent({ eventType: `type_${i}` }));
  assertEquals(kinds(await Promise.all(events.map((e) => buffer.append(e)))), ["accepted"]);
  assertEquals(reads, 2, "the entry and the end of the list");
});
