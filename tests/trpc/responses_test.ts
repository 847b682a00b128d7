import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { TRPCError } from "@trpc/server";
import { type Outcome, OUTCOME_KINDS } from "../../src/events/outcome.ts";
import { trackEventSchema } from "../../src/events/schema.ts";
import { setRetryAfter, toBatchResult, toTrackResponse } from "../../src/trpc/responses.ts";

const ID = "019caa00-0000-7000-8000-000000000001";

function zodErrorOf(raw: unknown) {
  const parsed = trackEventSchema.safeParse(raw);
  if (parsed.success) throw new Error("no error");
  return parsed.error;
}

const outcomes = {
  accepted: { kind: "accepted" },
  duplicate: { kind: "duplicate" },
  buffered: { kind: "replayed", eventId: null },
  replayed: { kind: "replayed", eventId: ID },
  conflict: { kind: "conflict", message: "idempotencyKey k was used for a different event" },
  invalid: { kind: "invalid", error: zodErrorOf({ eventType: "", source: "fax" }) },
  rule_violated: {
    kind: "rule_violated",
    rule: "occurred_at",
    message: "props.occurred_at must not be …",
  },
  tooLarge: { kind: "too_large", message: "The event is 40000 bytes as JSON" },
  limited: { kind: "limited", message: "More than 10 events a second", retryAfterSeconds: 7 },
  overloaded: { kind: "overloaded", message: "The buffer is full", retryAfterSeconds: 7 },
  unauthorized: { kind: "unauthorized", reason: "unknown", message: "The API key … is unknown" },
  forbidden: { kind: "forbidden", scope: "ingest", message: 'The API key "a" lacks …' },
  unavailable: { kind: "unavailable" },
  unidentified: { kind: "unidentified" },
  failed: { kind: "failed", error: new Error("relation events_p7 has no column x") },
} as const satisfies Record<string, Outcome>;

function headersAfter(outcome: Outcome): Record<string, string> {
  const headers = new Headers();
  try {
    toTrackResponse(outcome, headers);
  } catch {
    // Headers are set for errors too.
  }
  return Object.fromEntries(headers);
}

Deno.test("every outcome is tested here", () => {
  const kinds = new Set<string>(Object.values(outcomes).map(({ kind }) => kind));
  assertEquals([...kinds].sort(), [...OUTCOME_KINDS].sort());
});

const answers:
  readonly (readonly [rule: string, Outcome, eventId: string | null, tracked: boolean])[] = [
    ["2.1 an accepted event", outcomes.accepted, null, true],
    ["2.2 a duplicate", outcomes.duplicate, null, true],
    ["2.3 a replay of an event that is still buffered", outcomes.buffered, null, true],
    ["2.3 a replay of an event that is a row", outcomes.replayed, ID, true],
    ["2.9 an event that could not be stored", outcomes.unavailable, null, false],
    ["2.9 an event whose sender is not known yet", outcomes.unidentified, null, false],
  ];

for (const [rule, outcome, eventId, tracked] of answers) {
  Deno.test(`${rule}: the response is exactly eventId ${eventId} and tracked ${tracked}`, () => {
    assertEquals(toTrackResponse(outcome, new Headers()), { eventId, tracked });
  });
}

const errors: readonly (readonly [rule: string, Outcome, code: TRPCError["code"]])[] = [
  ["2.4 another event under a used key", outcomes.conflict, "CONFLICT"],
  ["2.5 a violated schema", outcomes.invalid, "BAD_REQUEST"],
  ["2.6 a violated business rule", outcomes.rule_violated, "PRECONDITION_FAILED"],
  ["2.7 an event that is too large", outcomes.tooLarge, "PAYLOAD_TOO_LARGE"],
  ["2.8 a caller over the rate limit", outcomes.limited, "TOO_MANY_REQUESTS"],
  ["2.8 a full buffer", outcomes.overloaded, "TOO_MANY_REQUESTS"],
  ["13.2 an API key that is not accepted", outcomes.unauthorized, "UNAUTHORIZED"],
  ["13.3 an API key without the scope", outcomes.forbidden, "FORBIDDEN"],
  ["2.10 an unexpected error", outcomes.failed, "INTERNAL_SERVER_ERROR"],
];

for (const [rule, outcome, code] of errors) {
  Deno.test(`${rule} is the error ${code}`, () => {
    const error = assertThrows(() => toTrackResponse(outcome, new Headers()), TRPCError);
    assertEquals(error.code, code);
    if ("message" in outcome) assertEquals(error.message, outcome.message);
  });
}

Deno.test("2.5 the error carries the zod error, from which the response takes its fields", () => {
  const error = assertThrows(() => toTrackResponse(outcomes.invalid, new Headers()), TRPCError);
  assertEquals(error.cause, outcomes.invalid.error);
});

Deno.test("2.10 the error carries its cause for the log, and a batch does not show it", () => {
  const error = assertThrows(() => toTrackResponse(outcomes.failed, new Headers()), TRPCError);
  assertEquals(error.cause, outcomes.failed.error);
  assertEquals(toBatchResult(outcomes.failed, 1).error, "Internal server error; send it again");
});

Deno.test("2.3 a replay sets the header Idempotent-Replayed", () => {
  assertEquals(headersAfter(outcomes.replayed), { "idempotent-replayed": "true" });
  assertEquals(headersAfter(outcomes.buffered), { "idempotent-replayed": "true" });
});

Deno.test("2.8 a full buffer and a rate limit set Retry-After", () => {
  assertEquals(headersAfter(outcomes.overloaded), { "retry-after": "7" });
  assertEquals(headersAfter(outcomes.limited), { "retry-after": "7" });
});

Deno.test("no other outcome sets a header", () => {
  const { replayed: _1, buffered: _2, overloaded: _3, limited: _4, ...others } = outcomes;
  for (const outcome of Object.values(others)) {
    assertEquals(headersAfter(outcome), {}, outcome.kind);
  }
});

for (const [rule, outcome, eventId, tracked] of answers) {
  if (!tracked) continue;
  Deno.test(`${rule} is fulfilled in a batch`, () => {
    assertEquals(toBatchResult(outcome, 3), {
      index: 3,
      status: "fulfilled",
      data: { eventId, tracked: true },
      error: null,
    });
  });
}

const rejections: readonly (readonly [rule: string, Outcome, says: readonly string[]])[] = [
  ["2.4 another event under a used key", outcomes.conflict, ["CONFLICT", "idempotencyKey"]],
  ["2.5 a violated schema", outcomes.invalid, ["eventType must be", "source must be"]],
  ["2.6 a violated business rule", outcomes.rule_violated, ["props.occurred_at"]],
  ["2.7 an event that is too large", outcomes.tooLarge, ["40000 bytes"]],
  ["2.8 a caller over the rate limit", outcomes.limited, ["10 events a second", "7 s"]],
  ["2.8 a full buffer", outcomes.overloaded, ["The buffer is full", "7 s"]],
  ["2.10 an unexpected error", outcomes.failed, ["Internal server error"]],
  ["3.3 an event that could not be stored", outcomes.unavailable, ["send it again"]],
  [
    "3.3 an event whose sender is not known yet",
    outcomes.unidentified,
    ["cannot be verified yet", "send it again"],
  ],
];

for (const [rule, outcome, says] of rejections) {
  Deno.test(`${rule} is rejected in a batch, with what was wrong and without data`, () => {
    const { error, ...rest } = toBatchResult(outcome, 0);
    assertEquals(rest, { index: 0, status: "rejected", data: null });
    for (const part of says) assertStringIncludes(error ?? "", part);
  });
}

Deno.test("2.8 3.5 a batch has the longest Retry-After of its events", () => {
  const headers = new Headers();
  const overloaded = (retryAfterSeconds: number): Outcome => ({
    ...outcomes.overloaded,
    retryAfterSeconds,
  });
  setRetryAfter([outcomes.accepted, overloaded(3), overloaded(12), overloaded(1)], headers);
  assertEquals(headers.get("retry-after"), "12");
});

Deno.test("2.8 a batch without overload has no Retry-After", () => {
  const headers = new Headers();
  setRetryAfter([], headers);
  setRetryAfter([outcomes.accepted, outcomes.rule_violated, outcomes.unavailable], headers);
  assert(!headers.has("retry-after"));
});
