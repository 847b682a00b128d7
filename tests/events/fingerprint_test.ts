import * as fc from "fast-check";
import {
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
} from "../support/assert.ts";
import { anyJson, mapTexts, reversed } from "../support/json.ts";
import {
  computeFingerprint,
  type FingerprintInput,
  hashContent,
  MAX_FINGERPRINT,
} from "../../src/events/fingerprint.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

const base: FingerprintInput = {
  eventType: "page_viewed",
  userId: "user_1",
  entityId: "cjld2cjxh0000qzrmn831i7rn",
  sessionId: "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d",
  occurredAtMs: NOON,
};

function textOf(change: Partial<FingerprintInput> = {}): string {
  return computeFingerprint({ ...base, ...change }).value;
}

const others: readonly (readonly [part: string, change: Partial<FingerprintInput>])[] = [
  ["event type", { eventType: "page_viewed2" }],
  ["user", { userId: "user_2" }],
  ["absence of a user", { userId: null }],
  ["entity", { entityId: "cjld2cjxh0000qzrmn831i7rm" }],
  ["absence of an entity", { entityId: null }],
  ["session", { sessionId: "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1e" }],
  ["absence of a session", { sessionId: null }],
  ["second", { occurredAtMs: NOON + 1000 }],
];

for (const [part, change] of others) {
  Deno.test(`5.1 another ${part} makes another fingerprint`, () => {
    assertNotEquals(textOf(change), textOf());
  });
}

Deno.test("5.1 the same parts make the same fingerprint", () => {
  assertEquals(textOf(), textOf());
});

Deno.test("5.1 a fingerprint with long parts is 128 bits of their hash", () => {
  for (const length of [1, 10, 20, 30, 40, 60, 100, 255]) {
    const text = textOf({ userId: "u".repeat(length) });
    assertLessOrEqual(text.length, MAX_FINGERPRINT);
    assertEquals(/^[0-9a-f]{32}$/.test(text), length >= 60, text);
    assertNotEquals(text, textOf({ userId: "u".repeat(length - 1) }));
  }
});

Deno.test("5.1 occurred_at counts to the nearest second", () => {
  const second = NOON / 1000;
  for (
    const [ms, rounded] of [[-500, 0], [-501, -1], [0, 0], [499, 0], [500, 1], [1499, 1]] as const
  ) {
    assertEquals(computeFingerprint({ ...base, occurredAtMs: NOON + ms }).second, second + rounded);
    assertEquals(textOf({ occurredAtMs: NOON + ms }) === textOf(), rounded === 0, `${ms} ms`);
  }
});

Deno.test("5.1 an anonymous caller counts as the user named anonymous", () => {
  assertEquals(textOf({ userId: null }), textOf({ userId: "anonymous" }));
});

Deno.test("5.1 the case of the session's UUID does not matter", () => {
  assertEquals(textOf({ sessionId: base.sessionId?.toUpperCase() ?? null }), textOf());
});

Deno.test("5.1 the text of one part cannot be mistaken for another", () => {
  const of = (eventType: string, userId: string) =>
    textOf({ eventType, userId, entityId: null, sessionId: null });
  assertNotEquals(of("a", "b"), of("ab", ""));
  assertNotEquals(of('a","b', "c"), of("a", 'b","c'));
  assertNotEquals(
    textOf({ entityId: "x", sessionId: null }),
    textOf({ entityId: null, sessionId: "x" }),
  );
  assertNotEquals(textOf({ entityId: null }), textOf({ entityId: "null" }));
});

Deno.test("2.4 hashContent() is 32 hexadecimal digits", () => {
  for (const content of [null, {}, [], "", { a: "😀\ud800" }]) {
    assertMatch(hashContent(content), /^[0-9a-f]{32}$/);
  }
});

Deno.test("2.4 hashContent() distinguishes contents that differ only in a type", () => {
  const contents = [
    null,
    {},
    [],
    "",
    0,
    "0",
    false,
    { a: 1 },
    { a: "1" },
    { a: null },
    { b: 1 },
    { a: [1, 2] },
    { a: [2, 1] },
    { a: { b: 1 } },
    { "a:{b": 1 },
    { a: 1, b: 2 },
    JSON.parse('{"__proto__":1}'),
  ];
  assertEquals(new Set(contents.map(hashContent)).size, contents.length);
});

Deno.test("2.3 hashContent() treats undefined members as absent", () => {
  assertEquals(hashContent({ a: 1, b: undefined }), hashContent({ a: 1 }));
});

Deno.test("2.3 hashContent() does not depend on the order of keys", () => {
  fc.assert(fc.property(anyJson, (json) => {
    assertEquals(hashContent(reversed(json)), hashContent(json));
    assertEquals(hashContent(JSON.parse(JSON.stringify(json))), hashContent(json));
  }));
});

Deno.test("2.4 hashContent() differs if any text of the JSON does", () => {
  let different = 0;
  fc.assert(fc.property(anyJson, (json) => {
    const changed = mapTexts(json, (text) => `${text}.`);
    const same = JSON.stringify(changed) === JSON.stringify(json);
    if (!same) different += 1;
    assertEquals(hashContent(changed) === hashContent(json), same);
  }));
  assertGreater(different, 20);
});
