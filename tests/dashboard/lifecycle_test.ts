import type { Receipt } from "../../src/admin/schema/events.ts";
import { isFinal, toLifecycle } from "../../src/dashboard/receipt/lifecycle.ts";
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

/** Each step as `name state milliseconds`. */
function describe(receipt: Partial<Receipt>): string[] {
  return toLifecycle({ ...NOTHING, ...receipt })
    .map(({ name, state, afterMs }) => `${name} ${state}${afterMs === null ? "" : ` ${afterMs}`}`);
}

Deno.test("a buffered event is shown with the steps that are still pending", () => {
  assertEquals(describe({ state: "buffered", receivedAt: at(0) }), [
    "Received done",
    "Buffered current",
    "Stored pending",
    "Enriched pending",
  ]);
});

Deno.test("an enriched event has the time of every step, and its state is final", () => {
  const receipt = {
    state: "enriched",
    receivedAt: at(0),
    storedAt: at(3),
    enrichedAt: at(4),
  } as const;
  assertEquals(describe(receipt), ["Received done", "Stored done 3000", "Enriched done 1000"]);
  assertEquals(isFinal({ ...NOTHING, ...receipt }), true);
});

Deno.test("a dead letter ends at the rejection, and a replayed one continues", () => {
  const rejected = { receivedAt: at(0), deadAt: at(5), reason: "no" };
  assertEquals(describe({ state: "dead_lettered", ...rejected }), [
    "Received done",
    "Rejected by Postgres failed 5000",
  ]);
  assertEquals(describe({ state: "buffered", ...rejected, replayedAt: at(60) }), [
    "Received done",
    "Rejected by Postgres failed 5000",
    "Replayed done 55000",
    "Buffered current",
    "Stored pending",
    "Enriched pending",
  ]);
});

Deno.test("a stored event is still to be enriched", () => {
  assertEquals(describe({ state: "stored", receivedAt: at(0), storedAt: at(2) }), [
    "Received done",
    "Stored done 2000",
    "Enriched pending",
  ]);
});

Deno.test("an unknown event has no steps", () => {
  assertEquals(describe({}), []);
});
