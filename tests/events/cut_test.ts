import { redactText, toExample } from "../../src/admin/redact.ts";
import { cut, shorten } from "../../src/events/cut.ts";
import { readOccurredAt } from "../../src/events/occurred_at.ts";
import { describeZodError, trackEventSchema } from "../../src/events/schema.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { readPlace } from "../../src/http/location_headers.ts";
import { assert, assertEquals } from "../support/assert.ts";

Deno.test("cut() and shorten() keep what fits, up to a whole character", () => {
  assertEquals(cut("ab😀", 4), "ab😀");
  assertEquals(cut("ab😀", 3), "ab");
  assertEquals(cut("ab", 3), "ab");
  assertEquals([shorten("ab😀", 4), shorten("ab😀c", 4)], ["ab😀", "ab…"]);
});

/** What shortens a text that somebody sends. */
const shortened: Readonly<Record<string, (text: string) => string>> = {
  "the message of a violated schema": (text) => {
    const { error } = trackEventSchema.safeParse({ eventType: "a", sessionId: text });
    return error === undefined ? "" : describeZodError(error);
  },
  "the reason of a time": (text) => JSON.stringify(readOccurredAt(text, 0, 0)),
  "an example": (text) => {
    const texts = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [n, Array(3).fill(text)]),
    );
    return redactText(text, 60) + toExample(texts, createUrlFilter([]));
  },
  "a place": (text) => {
    const headers = { "x-vercel-ip-country": "DE", "x-vercel-ip-city": encodeURIComponent(text) };
    return readPlace(new Headers(headers), "vercel")?.city ?? "";
  },
};

for (const [name, shortenText] of Object.entries(shortened)) {
  Deno.test(`4.12 ${name} is shortened between characters`, () => {
    for (let length = 0; length < 2; length++) {
      const result = shortenText("x".repeat(length) + "😀".repeat(2_000));
      assert(result.length > 20, result);
      // JSON escapes half a pair.
      assertEquals([result.isWellFormed(), /\\ud8/i.test(result)], [true, false], result);
    }
  });
}
