import type { Receipt } from "../../src/admin/schema.ts";
import { isFinal, lifecycleOf } from "../../src/dashboard/receipt/lifecycle.ts";
import { assertEquals } from "../support/assert.ts";

const NOTHING: Receipt = {
  state: "unknown",
  eventId: null,
  receivedAt: null,
  storedAt: null,
  enrichedAt: null,
  deadAt: null,
  replayedAt: null,
  reason: null,
  event: null,
  enrichment: null,
};

function at(second: number): string {
  return new Date(Date.parse("2026-03-01T12:00:00.000Z") + second * 1_000).toISOString();
}

/** Names, states and times since the step before. */
function told(receipt: Partial<Receipt>): string[] {
  return lifecycleOf({ ...NOTHING, ...receipt })
    .map(({ name, state, afterMs }) => `${name} ${state}${afterMs === null ? "" : ` ${afterMs}`}`);
}

Deno.test("a buffered event waits, and what will become of it is told", () => {
  assertEquals(told({ state: "buffered", receivedAt: at(0) }), [
    "Received done",
    "Buffered here",
    "Stored to_come",
    "Enriched to_come",
  ]);
});

Deno.test("an event that went its way has all its times", () => {
  const receipt = {
    state: "enriched",
    receivedAt: at(0),
    storedAt: at(3),
    enrichedAt: at(4),
  } as const;
  assertEquals(told(receipt), ["Received done", "Stored done 3000", "Enriched done 1000"]);
  assertEquals(isFinal({ ...NOTHING, ...receipt }), true);
});

Deno.test("a dead letter ends where it was refused, a replayed one goes on", () => {
  const refused = { receivedAt: at(0), deadAt: at(5), reason: "no" };
  assertEquals(told({ state: "dead_lettered", ...refused }), [
    "Received done",
    "Refused by Postgres bad 5000",
  ]);
  assertEquals(told({ state: "buffered", ...refused, replayedAt: at(60) }), [
    "Received done",
    "Refused by Postgres bad 5000",
    "Replayed done 55000",
    "Buffered here",
    "Stored to_come",
    "Enriched to_come",
  ]);
});

Deno.test("a row of before there were times of storing is stored all the same", () => {
  assertEquals(told({ state: "stored", receivedAt: at(0) }), [
    "Received done",
    "Stored done",
    "Enriched to_come",
  ]);
  assertEquals(told({}), []);
});
