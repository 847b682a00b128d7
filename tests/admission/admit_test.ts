import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "../support/assert.ts";
import { accepted, dedupKeyText, EVENT_ID, NOW, rejection, rowFor } from "../support/admission.ts";
import { anonymous, contextOf } from "../support/events.ts";
import { parseLine } from "../../src/events/line.ts";
import type { Caller } from "../../src/events/types.ts";

const SESSION = "7D5E2B1C-9A3F-4C6D-8E1B-2F4A6C8E0B1D";
const CUID = "cjld2cjxh0000qzrmn831i7rn";
const KEY = "11111111-1111-4111-8111-11111111111A";
const IN_TIME = "2026-02-28T10:20:30.456Z";

const creator: Caller = {
  identity: { userId: "user_1", role: "CREATOR", creatorId: "creator_1", brandId: null },
  context: contextOf({
    ip: "203.0.113.7",
    userAgent: "Firefox",
    referrer: "https://a.example/",
    language: "de",
  }),
};

const everything = {
  eventType: "asset_viewed",
  source: "mobile",
  entityId: CUID,
  entityType: "asset",
  sessionId: SESSION,
  props: { view_duration_ms: 0, occurred_at: IN_TIME },
  attribution: { utmSource: "mail", referrer: "" },
};

function dedupKeyOf(...args: Parameters<typeof accepted>): string {
  return dedupKeyText(accepted(...args).dedupKey);
}

Deno.test("7.1 an event becomes a row with every column of the contract", () => {
  const raw = { ...everything, idempotencyKey: KEY };
  const { content_hash: contentHash, ...row } = rowFor(raw, {}, creator);
  assertEquals<Record<string, unknown>>(row, {
    id: EVENT_ID,
    occurred_at: IN_TIME,
    received_at: new Date(NOW).toISOString(),
    event_type: "asset_viewed",
    known_event_type: true,
    source: "mobile",
    entity_type: "asset",
    entity_id: CUID,
    session_id: SESSION,
    actor_id: "user_1",
    actor_type: "CREATOR",
    user_id: "user_1",
    creator_id: "creator_1",
    brand_id: null,
    user_role: "CREATOR",
    props: { view_duration_ms: 0, occurred_at: IN_TIME },
    attribution: { utmSource: "mail", referrer: "" },
    idempotency_key: KEY.toLowerCase(),
  });
  assertEquals(contentHash?.length, 32);
});

Deno.test("7.1 columns without a value are null", () => {
  assertEquals<Record<string, unknown>>({ ...rowFor({ eventType: "page_viewed" }) }, {
    id: EVENT_ID,
    occurred_at: new Date(NOW).toISOString(),
    received_at: new Date(NOW).toISOString(),
    event_type: "page_viewed",
    known_event_type: true,
    source: "web",
    entity_type: null,
    entity_id: null,
    session_id: null,
    actor_id: null,
    actor_type: null,
    user_id: null,
    creator_id: null,
    brand_id: null,
    user_role: null,
    props: null,
    attribution: null,
    idempotency_key: null,
    content_hash: null,
  });
});

Deno.test("6.2 a brand's event has the brand; a caller without a role has no actor type", () => {
  const identity = { userId: "user_2", role: null, creatorId: null, brandId: "brand_1" };
  const row = rowFor({ eventType: "page_viewed" }, {}, { ...creator, identity });
  const { actor_id, actor_type, user_id, creator_id, brand_id } = row;
  assertEquals<unknown[]>([actor_id, actor_type, user_id, creator_id, brand_id], [
    "user_2",
    null,
    "user_2",
    null,
    "brand_1",
  ]);
});

Deno.test("6.2 the identity never comes from the event itself", () => {
  const forged = { userId: "admin", user_id: "admin", actorId: "admin", creatorId: "c", id: "x" };
  const row = rowFor({ eventType: "page_viewed", ...forged }, {}, creator);
  assertEquals([row.id, row.user_id, row.actor_id], [EVENT_ID, "user_1", "user_1"]);
});

Deno.test("7.4 the request's context is stored beside the row, never in it", () => {
  const { line } = accepted(everything, {}, creator);
  assertEquals(parseLine(line).context, creator.context);
  assert(!JSON.stringify(parseLine(line).row).includes("203.0.113.7"));
});

Deno.test("2.5 an event that violates the schema is invalid", () => {
  for (const raw of [null, [], {}, { eventType: "" }, { eventType: "page_viewed", props: [] }]) {
    assertEquals(rejection(raw).kind, "invalid", JSON.stringify(raw));
  }
});

Deno.test("4.1 a type outside the catalogue is accepted and marked", () => {
  assertEquals(rowFor({ eventType: "made_up" }).known_event_type, false);
  assertEquals(rowFor({ eventType: "constructor" }).known_event_type, false);
});

Deno.test("4.1 STRICT_EVENT_TYPES refuses a type outside the catalogue, naming it", () => {
  const refused = rejection({ eventType: "made_up" }, { strictEventTypes: true });
  assert(refused.kind === "rule_violated");
  assertEquals(refused.rule, "known_event_type");
  assertStringIncludes(refused.message, 'eventType "made_up"');
  assertEquals(rowFor({ eventType: "page_viewed" }, { strictEventTypes: true }).source, "web");
});

Deno.test("4.2 an entityId without entityType is refused", () => {
  const refused = rejection({ eventType: "page_viewed", entityId: CUID });
  assert(refused.kind === "invalid");
  assertEquals(refused.error.issues.map(({ message }) => message), [
    "entityType is required when entityId is provided",
  ]);
});

Deno.test("5.1 with a session, the fingerprint consists of type, user, entity, session and second", () => {
  const changes: Record<string, unknown>[] = [
    { eventType: "asset_downloaded" },
    { entityId: "cjld2cjxh0000qzrmn831i7rm" },
    { entityId: undefined, entityType: undefined },
    { sessionId: "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1e" },
    { props: { view_duration_ms: 0, occurred_at: "2026-02-28T10:20:32Z" } },
    { props: { view_duration_ms: 0 } },
  ];
  const same = dedupKeyOf(everything, {}, creator);
  for (const change of changes) {
    assertNotEquals(dedupKeyOf({ ...everything, ...change }, {}, creator), same);
  }
  assertNotEquals(dedupKeyOf(everything, {}, anonymous), same);
  const renamed = { ...creator, identity: { ...anonymousIdentity, userId: "user_9" } };
  assertNotEquals(dedupKeyOf(everything, {}, renamed), same);
});

Deno.test("5.1 with a session, nothing else counts: not props, source, attribution, role, address nor exact time", () => {
  const same = dedupKeyOf(everything, {}, creator);
  const changes: Record<string, unknown>[] = [
    { source: "api" },
    { attribution: undefined },
    { entityType: "license" },
    { sessionId: SESSION.toLowerCase() },
    { props: { view_duration_ms: 999, occurred_at: "2026-02-28T10:20:30.001Z" } },
  ];
  for (const change of changes) {
    assertEquals(dedupKeyOf({ ...everything, ...change }, {}, creator), same);
  }
  const elsewhere = {
    identity: { ...anonymousIdentity, userId: "user_1" },
    context: contextOf({ ip: "198.51.100.1" }),
  };
  assertEquals(dedupKeyOf(everything, { newId: () => crypto.randomUUID() }, elsewhere), same);
});

Deno.test("5.1 without occurred_at, the time of receipt counts", () => {
  const raw = { eventType: "page_viewed" };
  assertEquals(dedupKeyOf(raw, { now: () => NOW + 499 }), dedupKeyOf(raw));
  assertNotEquals(dedupKeyOf(raw, { now: () => NOW + 500 }), dedupKeyOf(raw));
});

Deno.test("5.3 an event with an idempotency key has no fingerprint", () => {
  const first = accepted({ ...everything, idempotencyKey: KEY });
  assertEquals(first.dedupKey.by, "idempotency_key");
  const other = accepted({ ...everything, idempotencyKey: KEY.replace("A", "b") });
  assertNotEquals(dedupKeyText(first.dedupKey), dedupKeyText(other.dedupKey));
});

Deno.test("2.3 2.15 neither caller nor time of receipt change an event's content hash", () => {
  const raw = { ...everything, source: "web", idempotencyKey: KEY };
  const same = dedupKeyOf(raw, {}, creator);
  const { source: _, ...withoutSource } = raw;
  assertEquals(dedupKeyOf(withoutSource, {}, creator), same);
  assertEquals(dedupKeyOf({ ...raw, idempotencyKey: KEY.toLowerCase() }, {}, creator), same);
  assertEquals(dedupKeyOf({ ...raw, unknown: 1 }, {}, creator), same);
  assertEquals(dedupKeyOf(raw, { now: () => NOW + 90_000 }, anonymous), same);
});

Deno.test("2.4 another event under the same key has another content hash", () => {
  const raw = { ...everything, idempotencyKey: KEY };
  const changes: Record<string, unknown>[] = [
    { eventType: "asset_shared" },
    { source: "api" },
    { props: { view_duration_ms: 1, occurred_at: IN_TIME } },
    { attribution: undefined },
    { sessionId: undefined },
  ];
  for (const change of changes) {
    assertNotEquals(dedupKeyOf({ ...raw, ...change }), dedupKeyOf(raw));
  }
});

Deno.test("5.5 with deduplication off, only idempotency keys identify duplicates", () => {
  const off = { deduplicate: false };
  assertEquals(accepted(everything, off).dedupKey, { by: "nothing" });
  assertEquals(
    dedupKeyOf({ ...everything, idempotencyKey: KEY }, off),
    dedupKeyOf({ ...everything, idempotencyKey: KEY }),
  );
});

const anonymousIdentity = { userId: "nobody", role: null, creatorId: null, brandId: null };

Deno.test("2.3 2.15 a retry with another occurred_at is the same event, one with other props is not", () => {
  const hashOf = (props: Record<string, unknown>) =>
    rowFor({ eventType: "page_viewed", idempotencyKey: KEY, props }).content_hash;
  const corrected = new Date(NOW - 1000).toISOString();
  assertEquals(hashOf({ a: 1, occurred_at: IN_TIME }), hashOf({ a: 1, occurred_at: corrected }));
  assertNotEquals(hashOf({ a: 1 }), hashOf({ a: 2 }));
});
