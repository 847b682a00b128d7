import * as fc from "fast-check";
import { assertEquals, assertLessOrEqual, assertNotEquals } from "../support/assert.ts";
import { anyJson, type Json, reversed } from "../support/json.ts";
import { accepted, dedupKeyText, NOW } from "../support/admission.ts";
import { contextOf } from "../support/events.ts";
import type { AdmissionOptions } from "../../src/admission/admit.ts";
import { MAX_FINGERPRINT } from "../../src/events/fingerprint.ts";
import type { Caller } from "../../src/events/types.ts";

type When = AdmissionOptions["fingerprintContent"];
type Event = { readonly [field: string]: Json };

const MODES: readonly When[] = ["auto", "always", "never"];
const SESSION = "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d";
const IN_TIME = new Date(NOW - 60_000).toISOString();

function callerOf(ip: string | null, userAgent: string | null, userId?: string): Caller {
  const rest = { role: "CREATOR", creatorId: null, brandId: null };
  return {
    identity: userId === undefined ? null : { userId, ...rest },
    context: contextOf({ ip, userAgent }),
  };
}

const visitor = callerOf("198.51.100.7", "Firefox");
const user = callerOf("198.51.100.7", "Firefox", "user_1");

function fingerprintOf(event: Event, caller = visitor, when: When = "auto"): string {
  return dedupKeyText(accepted(event, { fingerprintContent: when }, caller).dedupKey);
}

const anyProps: fc.Arbitrary<Json> = fc.oneof(
  fc.dictionary(fc.constantFrom("a", "b", "__proto__", "recipient"), anyJson, { maxKeys: 4 }),
  // Close to one another, so that a pair is often equal.
  fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom<Json>(0, "0", null, {}), { maxKeys: 2 }),
);

/** Events without a session and a key, all in one second. */
const anyEvent: fc.Arbitrary<Event> = fc.record({
  eventType: fc.constantFrom("email_sent", "email_opened"),
  source: fc.constantFrom("web", "system"),
  entityId: fc.constant("cjld2cjxh0000qzrmn831i7rn"),
  entityType: fc.constantFrom("asset", "post"),
  props: anyProps,
  attribution: fc.record(
    { utmSource: fc.constantFrom("", "a"), referrer: fc.constantFrom("", "https://a.example/") },
    { requiredKeys: [] },
  ),
}, { requiredKeys: ["eventType", "source", "entityType"] }).filter(isFinite);

/** Whether all numbers are finite, as JSON has no others: such events are rejected (contract 4.6). */
function isFinite(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isFinite);
}

/** An event's content as text, in which the order of keys does not show. */
function contentOf(event: Event): string {
  return JSON.stringify(sorted(JSON.parse(JSON.stringify(event))));
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return members.toSorted(([a], [b]) => a < b ? -1 : 1) as unknown as Json;
}

for (const caller of [visitor, user]) {
  const who = caller === user ? "a user's" : "an anonymous visitor's";
  Deno.test(`5.1 ${who} events without a session share a fingerprint if and only if their content is equal`, () => {
    fc.assert(fc.property(anyEvent, anyEvent, (a, b) => {
      const isSame = contentOf(a) === contentOf(b);
      assertEquals(fingerprintOf(a, caller) === fingerprintOf(b, caller), isSame);
      assertEquals(fingerprintOf(reversed(a) as Event, caller), fingerprintOf(a, caller));
    }));
  });
}

Deno.test("5.1 no fingerprint is longer than the log reckons with", () => {
  fc.assert(fc.property(anyEvent, fc.boolean(), (event, hasSession) => {
    for (const when of MODES) {
      for (const caller of [visitor, callerOf(null, "x".repeat(512), "u".repeat(255))]) {
        const sent = hasSession ? { ...event, sessionId: SESSION } : event;
        const { dedupKey } = accepted(sent, { fingerprintContent: when }, caller);
        const { length } = dedupKey.by === "fingerprint" ? dedupKey.value : "";
        assertLessOrEqual(length, MAX_FINGERPRINT);
      }
    }
  }));
});

Deno.test("5.1 the time counts to the second, however it is stated", () => {
  const at = (occurred_at: Json) => fingerprintOf({ eventType: "x", props: { a: 1, occurred_at } });
  assertEquals(at(NOW - 60_000), at(IN_TIME));
  assertEquals(at(NOW - 60_000 + 499), at(IN_TIME));
  assertNotEquals(at(NOW - 59_000), at(IN_TIME));
});

Deno.test("5.1 4.3 a time in the future counts as stated, not as the time of receipt that it becomes", () => {
  const of = (aheadMs: number, receivedAtMs: number) => {
    const props = { occurred_at: NOW + aheadMs };
    const event = { eventType: "x", sessionId: SESSION, props };
    return dedupKeyText(accepted(event, { now: () => receivedAtMs }).dedupKey);
  };
  assertNotEquals(of(3000, NOW), of(2000, NOW));
  assertEquals(of(3000, NOW), of(3000, NOW + 1000));
});

Deno.test("5.1 the caller counts by network and user agent if neither user nor session is known", () => {
  const others = [
    callerOf("198.51.100.8", "Firefox"),
    callerOf("2001:db8::1", "Firefox"),
    callerOf(null, "Firefox"),
    callerOf("198.51.100.7", "Chrome"),
    callerOf("198.51.100.7", null),
  ];
  const event = { eventType: "page_viewed" };
  const all = [visitor, ...others].map((caller) => fingerprintOf(event, caller));
  assertEquals(new Set(all).size, all.length);
  for (const { context } of others) {
    const same = { ...user, context };
    assertEquals(fingerprintOf(event, same), fingerprintOf(event, user));
    const inSession = { ...event, sessionId: SESSION };
    for (const when of MODES) {
      const other = fingerprintOf(inSession, { identity: null, context }, when);
      assertEquals(other, fingerprintOf(inSession, visitor, when), when);
    }
  }
});

Deno.test("5.1 FINGERPRINT_CONTENT says when content counts", () => {
  const differs = (when: When, session: Event) =>
    fingerprintOf({ eventType: "x", props: { a: 1 }, ...session }, visitor, when) !==
      fingerprintOf({ eventType: "x", props: { a: 2 }, ...session }, visitor, when);
  const seen = MODES.map((
    when,
  ) => [when, differs(when, { sessionId: SESSION }), differs(when, {})]);
  assertEquals<unknown>(seen, [
    ["auto", false, true],
    ["always", true, true],
    ["never", false, false],
  ]);
});

Deno.test("5.1 the case of the session's UUID never matters", () => {
  for (const when of MODES) {
    const of = (sessionId: string) => fingerprintOf({ eventType: "x", sessionId }, visitor, when);
    assertEquals(of(SESSION.toUpperCase()), of(SESSION), when);
  }
});
