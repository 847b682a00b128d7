import { contextOf } from "../support/events.ts";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../support/assert.ts";
import { accepted, NOW, rejection, rowFor } from "../support/admission.ts";
import { type Json, nested } from "../support/json.ts";
import { parseRow, readRowJson } from "../../src/events/line.ts";
import { MAX_VALUE_BYTES } from "../../src/kv/limits.ts";

const MAX_BYTES = 32 * 1024;

function refusal(raw: unknown) {
  const refused = rejection(raw);
  assert(refused.kind === "rule_violated", refused.kind);
  return refused;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** An event of exactly `bytes` bytes as JSON, padded with `filler`. */
function eventOf(bytes: number, filler = "x", rest: Record<string, unknown> = { source: "web" }) {
  const event = (text: string) => ({ eventType: "page_viewed", ...rest, props: { text } });
  const room = bytes - bytesOf(event(""));
  const each = bytesOf(filler) - 2;
  return event(filler.repeat(Math.floor(room / each)) + "x".repeat(room % each));
}

Deno.test("4.3 props.occurred_at becomes the event's, which defaults to the time of receipt", () => {
  const ms = NOW - 60_000;
  const iso = new Date(ms).toISOString();
  const now = new Date(NOW).toISOString();
  const cases = [[iso, iso], [ms, iso], [NOW + 5000, now], [undefined, now]] as const;
  for (const [given, expected] of cases) {
    const row = rowFor({ eventType: "page_viewed", props: { occurred_at: given } });
    assertEquals([row.occurred_at, row.received_at], [expected, now]);
  }
});

Deno.test("4.3 an invalid occurred_at is refused, naming the field and the rule", () => {
  const cases: [unknown, string][] = [
    ["soon", "must be a time, as ISO 8601"],
    [{ valueOf: 1 }, "must be a time, as ISO 8601"],
    [NOW + 5001, "must not be in the future"],
    [NOW - 30 * 86_400_000 - 1, "must not be older than 30 days"],
  ];
  for (const [occurred_at, reason] of cases) {
    const { rule, message } = refusal({ eventType: "page_viewed", props: { occurred_at } });
    assertEquals(rule, "occurred_at");
    assertStringIncludes(message, `props.occurred_at ${reason}`);
  }
});

Deno.test("4.3 the clock tolerance is a setting", () => {
  const raw = { eventType: "page_viewed", props: { occurred_at: NOW + 5001 } };
  assertEquals(rowFor(raw, { clockToleranceMs: 6000 }).occurred_at, new Date(NOW).toISOString());
});

const required = {
  asset_viewed: ["view_duration_ms"],
  license_signed: ["license_id"],
  payout_completed: ["amount_cents", "payment_method"],
  post_viewed: ["post_id"],
  post_cta_clicked: ["cta_type", "cta_url"],
};

for (const [eventType, names] of Object.entries(required)) {
  Deno.test(`4.4 ${eventType} without ${names.join(" and ")} is refused, naming every missing one`, () => {
    const undefinedProps = Object.fromEntries(names.map((name) => [name, undefined]));
    for (const props of [undefined, {}, { other: 1 }, undefinedProps]) {
      const { rule, message } = refusal({ eventType, props });
      assertEquals(rule, "required_props");
      assertEquals(
        message,
        `${eventType} requires ${names.map((name) => `props.${name}`).join(", ")}`,
      );
    }
  });

  Deno.test(`4.4 for ${eventType}, 0, "", false and null are present`, () => {
    for (const value of [0, "", false, null]) {
      const props = Object.fromEntries(names.map((name) => [name, value]));
      assertEquals(rowFor({ eventType, props }).props, props);
    }
  });
}

Deno.test("4.4 only missing props are named", () => {
  const { message } = refusal({ eventType: "payout_completed", props: { amount_cents: 0 } });
  assertEquals(message, "payout_completed requires props.payment_method");
});

Deno.test("4.4 an inherited property does not count as a required prop", () => {
  const props = JSON.parse('{"__proto__":{"post_id":"p1"}}');
  assertEquals(refusal({ eventType: "post_viewed", props }).rule, "required_props");
});

Deno.test("4.4 a type with the name of an inherited property requires nothing", () => {
  for (const eventType of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertEquals(rowFor({ eventType }).event_type, eventType);
  }
});

Deno.test("4.6 U+0000 and lone surrogates become U+FFFD anywhere in an event", () => {
  const caller = {
    identity: { userId: "u\u0000", role: "R\ud800", creatorId: null, brandId: null },
    context: contextOf({ userAgent: "a\u0000" }),
  };
  const raw = {
    eventType: "a\u0000b",
    props: { "k\u0000": ["\ud83d", { deep: "\ude00" }], smile: "😀", spelled: "\\u0000" },
    attribution: { utmTerm: "\udfff" },
  };
  const { line } = accepted(raw, {}, caller);
  const row = parseRow(readRowJson(line));
  assertEquals(row.event_type, "a\ufffdb");
  assertEquals([row.user_id, row.actor_type], ["u\ufffd", "R\ufffd"]);
  assertEquals(row.props, {
    "k\ufffd": ["\ufffd", { deep: "\ufffd" }],
    smile: "😀",
    spelled: "\\u0000",
  });
  assertEquals(row.attribution, { utmTerm: "\ufffd" });
  assert(!/\\u0000|\\ud/.test(line.replaceAll("\\\\", "")), line);
});

Deno.test("4.6 __proto__ keys are plain data", () => {
  const json = '{"__proto__":{"polluted":true},"a":{"__proto__":null,"constructor":1}}';
  const row = rowFor(JSON.parse(`{"eventType":"page_viewed","props":${json},"__proto__":{}}`));
  assertEquals(JSON.stringify(row.props), json);
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("4.6 props may nest 32 levels deep; at 33 the event is invalid", () => {
  const propsOf = (levels: number): Json => ({ inner: nested("leaf", levels - 1) });
  const props = propsOf(32);
  assertEquals<unknown>(rowFor({ eventType: "page_viewed", props }).props, props);
  const refused = rejection({ eventType: "page_viewed", props: propsOf(33) });
  assert(refused.kind === "invalid");
  assertEquals(refused.error.issues.map(({ path, message }) => [...path, message]), [
    ["props", "must not nest deeper than 32 levels"],
  ]);
});

Deno.test("4.6 a number that JSON parses as infinite is invalid, not null", () => {
  const refused = rejection(JSON.parse('{"eventType":"page_viewed","props":{"a":[-1e999]}}'));
  assert(refused.kind === "invalid");
  assertEquals(refused.error.issues[0]?.path, ["props"]);
});

const fillers = { "one byte": "x", "two": "ü", "three": "€", "four": "😀", "an escape": '"' };

for (const [name, filler] of Object.entries(fillers)) {
  Deno.test(`2.7 an event of 32 KiB is accepted, one byte more is too large (${name} a character)`, () => {
    assertEquals(bytesOf(eventOf(MAX_BYTES, filler)), MAX_BYTES);
    assertEquals(rowFor(eventOf(MAX_BYTES, filler)).source, "web");
    const refused = rejection(eventOf(MAX_BYTES + 1, filler));
    assert(refused.kind === "too_large");
    assertStringIncludes(refused.message, `${MAX_BYTES + 1} bytes`);
    assertStringIncludes(refused.message, `${MAX_BYTES}`);
  });
}

Deno.test("2.7 the default source does not count towards the 32 KiB", () => {
  assertEquals(rowFor(eventOf(MAX_BYTES, "x", {})).source, "web");
});

for (const [name, filler] of [["U+0000", "\u0000"], ["a lone surrogate", "\ud800"]] as const) {
  Deno.test(`2.7 ${name} counts as its six bytes in JSON`, () => {
    assertEquals(rowFor(eventOf(MAX_BYTES, filler)).source, "web");
    assertEquals(rejection(eventOf(MAX_BYTES + 1, filler)).kind, "too_large");
    assertEquals(rejection(eventOf(2 * MAX_BYTES - 4096, filler)).kind, "too_large");
  });
}

Deno.test("2.7 unknown keys do not count", () => {
  const raw = { ...eventOf(MAX_BYTES), ignored: "x".repeat(MAX_BYTES) };
  assertEquals(rowFor(raw).source, "web");
});

Deno.test("2.7 the largest event with the largest context fits into one KV value", () => {
  const claim = "\u0001".repeat(255);
  const hint = "\u00ff".repeat(256);
  const caller = {
    identity: { userId: claim, role: claim, creatorId: claim, brandId: claim },
    context: contextOf({
      ip: "2001:db8::1",
      userAgent: "\u00ff".repeat(512),
      referrer: "\u00ff".repeat(2048),
      language: "\u00ff".repeat(128),
      clientHints: {
        brands: hint,
        fullVersions: hint,
        platform: hint,
        platformVersion: hint,
        mobile: hint,
        model: hint,
      },
      place: { country: "DE", region: "\u00ff".repeat(128), city: "\u00ff".repeat(128) },
    }),
  };
  const { line } = accepted(eventOf(MAX_BYTES, "😀"), {}, caller);
  assertLess(new TextEncoder().encode(line).length, MAX_VALUE_BYTES);
});
