import { assertEquals, assertGreater } from "../support/assert.ts";
import { isWorthRepeating, SEND_AGAIN } from "../../src/events/send_again.ts";
import { describeZodError, flattenZodError, trackEventSchema } from "../../src/events/schema.ts";
import { readOccurredAt } from "../../src/events/occurred_at.ts";

Deno.test("isWorthRepeating() accepts errors that end with the words, with or without a delay", () => {
  assertEquals(isWorthRepeating(`The event could not be stored; ${SEND_AGAIN}`), true);
  assertEquals(isWorthRepeating(`The buffer is full; ${SEND_AGAIN} in 12 s`), true);
  assertEquals(isWorthRepeating(`${SEND_AGAIN}`), false);
  assertEquals(isWorthRepeating(`x; ${SEND_AGAIN} in 12 s or so`), false);
});

Deno.test("no text in an event can make its error look worth repeating", () => {
  const words = `x; ${SEND_AGAIN}`;
  const wrong = {
    eventType: words.repeat(10),
    source: words,
    entityId: words,
    entityType: words,
    sessionId: words,
    idempotencyKey: words,
    props: [words],
    attribution: { referrer: words, utmSource: words.repeat(20), landingPage: words },
  };
  for (const [name, value] of Object.entries(wrong)) {
    const parsed = trackEventSchema.safeParse({ eventType: "a", [name]: value });
    if (parsed.success) throw new Error(`${name} is no mistake`);
    assertEquals(isWorthRepeating(describeZodError(parsed.error)), false, name);
    assertGreater(Object.keys(flattenZodError(parsed.error).fieldErrors).length, 0);
  }
  const time = readOccurredAt(words, 0, 0);
  assertEquals("reason" in time && isWorthRepeating(time.reason), false);
});
