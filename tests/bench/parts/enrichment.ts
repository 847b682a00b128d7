/**
 * `deno task bench`: enrichment alone against the flush alone, on the same Postgres in the same run.
 *
 * Uses `TEST_DATABASE_URL`, or an embedded Postgres. Both sides get the same realistic events, from
 * KV: the flush reads segments and writes `events`, enrichment reads outbox records and writes
 * `event_enrichments`, `sessions` and visits.
 */

import { uuidv7 } from "uuidv7";
import { systemClock } from "../../src/clock.ts";
import { say } from "../../src/cli/terminal.ts";
import { EVENT_TYPES, REQUIRED_PROPS } from "../../src/events/catalogue.ts";
import { openEnrichers } from "../../src/enrichment/enrichers.ts";
import { createOutbox } from "../../src/enrichment/outbox.ts";
import { EnrichmentWorker } from "../../src/enrichment/worker.ts";
import { Flusher } from "../../src/flush/flusher.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { openTestKv } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";

const EVENTS = 20_000;
const ROUNDS = 5;
const EVENTS_A_SESSION = 8;

const agents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
];
const referrers = [
  "https://www.google.com/",
  "https://www.instagram.com/",
  "https://blog.example/",
];

/** One event of the load. */
function event(n: number, sessions: readonly string[]) {
  const session = Math.floor(n / EVENTS_A_SESSION);
  return acceptedEvent({
    eventType: types[n % EVENTS_A_SESSION] ?? "page_viewed", // no two of a session are twins
    sessionId: sessions[session],
    props: { n, path: `/assets/${n % 500}` },
    attribution: {
      referrer: referrers[session % referrers.length],
      landingPage: `https://shop.example/assets/${n % 500}?utm_source=news&utm_medium=email`,
    },
  }, {
    identity: null,
    context: contextOf({
      ip: `${81 + session % 90}.${session % 250}.${n % 250}.7`,
      userAgent: agents[session % agents.length] ?? null,
      language: "en",
    }),
  });
}

const types = Object.values(EVENT_TYPES).filter((type) => !Object.hasOwn(REQUIRED_PROPS, type));
const never = new AbortController().signal;

async function round(database: Parameters<typeof createEventSink>[0]) {
  await using opened = await openTestKv();
  const { kv } = opened;
  const sessions = Array.from({ length: Math.ceil(EVENTS / EVENTS_A_SESSION) }, () => uuidv7());
  const buffer = makeBuffer(kv, { maxWaiting: EVENTS });
  await Promise.all(Array.from({ length: EVENTS }, (_, n) => buffer.append(event(n, sessions))));
  const flusher = new Flusher({
    kv,
    clock: systemClock,
    newId: uuidv7,
    sink: createEventSink(database),
    outbox: createOutbox({ newId: uuidv7, rings: () => false }),
    onFlushed: () => {},
  });
  using enrichers = await openEnrichers({ ownHosts: [], cityDatabase: null, clock: systemClock });
  const worker = new EnrichmentWorker({
    kv,
    clock: systemClock,
    enrichers: enrichers.list,
    sink: createEnrichmentSink(database, new Map()),
    observe: () => {},
  });
  const flush = await perSecond(async () => {
    const { stored } = await flusher.flush("size", never);
    if (stored !== EVENTS) throw new Error(`${stored} events stored, not ${EVENTS}`);
  });
  const enrichment = await perSecond(() => worker.sweep(never));
  return { flush, enrichment };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return EVENTS / (performance.now() - startedAt) * 1000;
}

function summary(name: string, values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, median, max] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
    .map((value) => Math.round(value ?? 0).toLocaleString("en").padStart(10));
  return `${name.padEnd(14)}${min}${median}${max}  events/s`;
}

if (import.meta.main) {
  await using postgres = await openTestPostgres();
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  await round(postgres.database); // warm-up
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push(await round(postgres.database));
    say(`round ${i + 1} of ${ROUNDS}`);
  }
  const ratios = rounds.map(({ flush, enrichment }) => enrichment / flush).toSorted((a, b) =>
    a - b
  );
  say(`\n${"".padEnd(14)}${["min", "median", "max"].map((word) => word.padStart(10)).join("")}`);
  say(summary("flush", rounds.map(({ flush }) => flush)));
  say(summary("enrichment", rounds.map(({ enrichment }) => enrichment)));
  say(`enrichment / flush: ${ratios[Math.floor(ROUNDS / 2)]?.toFixed(2)} (to reach: 1.00)`);
}
