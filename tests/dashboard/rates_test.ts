import type { Overview } from "../../src/admin/schema/overview.ts";
import { addReading, computeRates, type Reading } from "../../src/dashboard/now/rates.ts";
import { assert, assertEquals } from "../support/assert.ts";

const START = Date.parse("2026-03-01T12:00:00.000Z");

/** An overview taken `second` seconds after the start. */
function overview(second: number, accepted: number): Overview {
  return {
    at: new Date(START + second * 1_000).toISOString(),
    buffer: { events: 0, oldestSeconds: null, isProcessing: false },
    balance: {
      received: accepted,
      accepted,
      duplicates: 0,
      rejected: 0,
      buffered: 0,
      stored: accepted,
      replays: 0,
      dead_letters: 0,
      set_aside: 0,
    },
    flush: { p50Ms: null, p99Ms: null },
    enrichment: { enabled: true, lagSeconds: null },
    deadLetters: 0,
    failingRecords: 0,
    damagedValues: 0,
    processes: [],
    setAside: 0,
    health: { kv: null, postgres: null, flush: null, enrichment: null },
    reconciliation: { received: 0, accepted: 0, rows: null },
    suspectKv: null,
  };
}

function readings(...all: [second: number, accepted: number][]): Reading[] {
  return all.reduce<Reading[]>((earlier, [at, n]) => addReading(earlier, overview(at, n)), []);
}

Deno.test("a rate is the growth between two readings divided by the time between them", () => {
  assertEquals(computeRates(readings([0, 100], [2, 120], [4, 180]), "accepted"), [10, 20]);
  assertEquals(computeRates(readings([0, 100]), "accepted"), []);
});

Deno.test("a rate is averaged over ten seconds, so that counters updated in bursts do not flicker", () => {
  const bursts = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    .map((at): [number, number] => [at, Math.floor(at / 5) * 50]);
  const rates = computeRates(readings(...bursts), "accepted").slice(5);
  assert(rates.every((rate) => rate === 10), rates.join());
});

Deno.test("counters that shrink restart the history, and a reading of the same moment is ignored", () => {
  assertEquals(readings([0, 100], [2, 120], [4, 5]).length, 1);
  assertEquals(readings([0, 100], [0, 100]).length, 1);
});

Deno.test("readings are kept for three minutes", () => {
  const all = Array.from({ length: 1_000 }, (_, i): [number, number] => [i * 2, i]);
  assertEquals(readings(...all).length, 90);
});
