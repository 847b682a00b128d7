/** What leaves every kind of entry in a KV: what a release writes, for the next ones to open. */

import { systemClock } from "../../src/clock.ts";
import { Lease } from "../../src/flush/lease.ts";
import {
  type KvLimits,
  LOCAL_LIMITS,
  MANAGED_LIMITS,
  POSTGRES_LIMITS,
} from "../../src/kv/limits.ts";
import { SEGMENTS, SET_ASIDE_NOTES } from "../../src/kv/keys.ts";
import type { Database } from "../../src/store/database.ts";
import { adminClient, refusePoison } from "../support/admin.ts";
import { openTestApp, type TestApp, type TestAppOptions } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { newId } from "../support/ids.ts";
import { forgetKeys, keysUnder, openTestKv, type TestKv } from "../support/kv.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { readKvText } from "./kv_text.ts";
import { readPostgresKvText } from "./postgres_kv_text.ts";

/** An event that was accepted; `props.n` tells it from all others. */
export interface SentEvent {
  readonly eventType: string;
  readonly props: { readonly n: string; readonly occurred_at?: string };
  readonly sessionId?: string;
  readonly idempotencyKey?: string;
}

/** What was sent. */
export interface Sent {
  /** Epoch milliseconds. */
  readonly writtenAt: number;
  /** With the scope `ingest:as`; the first event was sent with it. */
  readonly apiKey: string;
  readonly events: readonly SentEvent[];
}

/** Where a KV is. */
export type Place = "file" | "postgres";

interface Kind {
  /** The limits of the two processes. */
  readonly limits: readonly [KvLimits, KvLimits];
  /** Reads a KV that may be in use. */
  readonly readText: (path: string) => string | Promise<string>;
}

/** The file was behind a server before. */
const KINDS: Readonly<Record<Place, Kind>> = {
  file: { limits: [MANAGED_LIMITS, LOCAL_LIMITS], readText: readKvText },
  postgres: { limits: [POSTGRES_LIMITS, POSTGRES_LIMITS], readText: readPostgresKvText },
};

const EVERY_COLUMN = {
  entityType: "license",
  entityId: "ckv3x9d2a0000qzrmn831i7rn",
  attribution: { utmSource: "newsletter" },
  context: { userId: "user_1", creatorId: "creator_1", brandId: "brand_1", role: "CREATOR" },
};
const BROWSER = {
  referer: "https://shop.example/",
  "accept-language": "de",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
};
const ENVIRONMENT = { BATCH_SIZE: "10000", BATCH_TIMEOUT_MS: "600000", TRUST_PROXY: "1" };

/** Options of `playScenario`. */
export interface ScenarioOptions {
  readonly place: Place;
  readonly database: Database;
  /** Opens an empty KV; the file is one by default. */
  readonly openKv?: () => Promise<TestKv>;
}

/**
 * Sends events to two processes, one after the other on one KV, of which the second is left as if it had
 * been killed while it flushed.
 *
 * @param take gets the KV as text; nothing is written to the database before it has returned
 */
export async function playScenario(
  { place, database, openKv = openTestKv }: ScenarioOptions,
  take: (kv: string, sent: Sent) => Promise<void>,
): Promise<void> {
  await using opened = await openKv();
  const shared = () => Promise.resolve({ ...opened, [Symbol.asyncDispose]: async () => {} });
  const events: SentEvent[] = [];
  const { limits: [first, second], readText } = KINDS[place];
  const optionsOf = (kvLimits: KvLimits): TestAppOptions => ({
    openKv: shared,
    environment: ENVIRONMENT,
    parts: (parts) => ({ ...parts, kvLimits }),
  });
  const apiKey = await useAndClose(
    await openTestApp(database, optionsOf(first)),
    (app) => claimByKeys(app, database, events),
  );
  await useAndClose(await openTestApp(database, optionsOf(second)), async (app) => {
    await leaveEverywhere(app, database, events);
    const lease = await Lease.acquire(app.kv, systemClock, newId());
    const kv = await readText(opened.path);
    await unhideTables(database);
    await take(kv, { writtenAt: Date.now(), apiKey, events });
    await lease?.release();
  });
}

async function useAndClose<T>(app: TestApp, use: (app: TestApp) => Promise<T>): Promise<T> {
  await using opened = app;
  return await use(opened);
}

/** As on a KV that is remote: rows, their kept copies, a dead letter, an API key. */
async function claimByKeys(
  app: TestApp,
  database: Database,
  events: SentEvent[],
): Promise<string> {
  const { key } = await adminClient(app).admin.apiKeys.create.mutate({
    name: "fixture",
    scopes: ["ingest:as"],
  });
  const withKey = { authorization: `Bearer ${key}` };
  const full = { ...keyed("row"), ...EVERY_COLUMN };
  await sendNew(app, events, full, withKey);
  await forceFlush(app);
  await forgetKeys(app.kv);
  await sendEvent(app, full, withKey); // the flush finds its row
  const other = timed("row");
  await sendNew(app, events, other);
  await sendEvent(app, other);
  assertEquals((await app.post("/v1/events", { eventType: "" })).status, 400);
  await makeDeadLetter(app, database, events);
  await app.app.everyMinute();
  await until(async () => (await keysUnder(app.kv, "backlog", "kept")).length > 0, "a kept copy");
  await until(async () => (await keysUnder(app.kv, "api_key")).length > 0, "the API key in KV");
  await app.get("/readyz");
  return key;
}

/** Events in every place between acceptance and enrichment. */
async function leaveEverywhere(
  app: TestApp,
  database: Database,
  events: SentEvent[],
): Promise<void> {
  const send = (event: SentEvent) => sendNew(app, events, event);
  await makeDeadLetter(app, database, events);
  const replayed = await makeDeadLetter(app, database, events);
  await hideTable(database, "event_enrichments");
  await send(keyed("not enriched"));
  await send(timed("not enriched"));
  await forceFlush(app);
  await send(keyed("set aside"));
  await damageNewest(app.kv);
  const { admin } = adminClient(app);
  await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId: replayed }] });
  await send(keyed("buffered"));
  await send(timed("buffered"));
  await hideTable(database, "events");
  await forceFlush(app); // sets it aside, and can store nothing
  assertEquals((await keysUnder(app.kv, ...SET_ASIDE_NOTES)).length, 1);
}

const HIDDEN = "hidden_";

async function hideTable(database: Database, name: string): Promise<void> {
  await database.run((sql) => sql.unsafe(`alter table ${name} rename to ${HIDDEN}${name}`));
}

async function unhideTables(database: Database): Promise<void> {
  for (const name of ["events", "event_enrichments"]) {
    await database.run((sql) => sql.unsafe(`alter table ${HIDDEN}${name} rename to ${name}`));
  }
}

function keyed(state: string): SentEvent {
  const [eventType, n] = ["page_viewed", `${state}, with a key`];
  return { eventType, idempotencyKey: crypto.randomUUID(), sessionId: newId(), props: { n } };
}

function timed(state: string): SentEvent {
  const props = { n: `${state}, by its fingerprint`, occurred_at: new Date().toISOString() };
  return { eventType: "page_viewed", sessionId: newId(), props };
}

/** Sends an event as a browser does, behind a proxy. */
export async function sendEvent(
  app: TestApp,
  event: SentEvent,
  headers: Record<string, string> = {},
): Promise<Response> {
  const all = { ...BROWSER, "x-forwarded-for": "203.0.113.7", ...headers };
  return await app.post("/v1/events", event, all);
}

async function sendNew(
  app: TestApp,
  events: SentEvent[],
  event: SentEvent,
  headers: Record<string, string> = {},
): Promise<void> {
  const response = await sendEvent(app, event, headers);
  assertEquals(await response.json(), { eventId: null, tracked: true });
  assertEquals(response.headers.get("idempotent-replayed"), null);
  events.push(event);
}

/** @returns its event id */
async function makeDeadLetter(
  app: TestApp,
  database: Database,
  events: SentEvent[],
): Promise<string> {
  const n = `dead letter ${events.length}`;
  await refusePoison(database, true);
  await sendNew(app, events, { ...keyed(""), eventType: "poison", props: { n } });
  await forceFlush(app);
  await refusePoison(database, false);
  const { deadLetters } = await adminClient(app).admin.deadLetters.list.query({});
  const found = deadLetters.find(({ payload }) => payload.includes(n));
  assert(found !== undefined, Deno.inspect(deadLetters));
  return found.eventId;
}

/** Makes a segment unreadable; the same again repairs it. */
export function invert(segment: Uint8Array): Uint8Array {
  return segment.map((byte, i) => i === 0 ? byte : byte ^ 0x80);
}

async function damageNewest(kv: Deno.Kv): Promise<void> {
  const key = (await keysUnder(kv, ...SEGMENTS)).at(-1) ?? [];
  const { value } = await kv.get<Uint8Array>(key);
  assert(value !== null);
  await kv.set(key, invert(value));
}
