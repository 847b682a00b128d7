import { LOCAL_LIMITS, MANAGED_LIMITS } from "../../src/kv/limits.ts";
import { assertEquals } from "../support/assert.ts";
import { bufferedLines, makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { openTestKv } from "../support/kv.ts";

for (
  const [name, limits] of [["a file", LOCAL_LIMITS], ["a managed KV", MANAGED_LIMITS]] as const
) {
  Deno.test(`a group with the largest events, fingerprints and keys fits into the commits of ${name}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv, { limits });
    const events = Array.from({ length: 3 * limits.groupSize }, (_, i) =>
      acceptedEvent({
        // Three bytes a character as UTF-8, and two in a string of KV.
        eventType: `${i}${"€".repeat(90)}`,
        props: { padding: "€".repeat(i % 20 === 0 ? 10_000 : 1_000) },
        ...(i % 2 === 0 ? { idempotencyKey: crypto.randomUUID() } : {}),
      }));
    const outcomes = await Promise.all(events.map((event) => buffer.append(event)));
    assertEquals(new Set(outcomes.map(({ kind }) => kind)), new Set(["accepted"]));
    assertEquals((await bufferedLines(opened.kv)).flat().length, events.length);
  });
}
