/**
 * Makes requests from prepared bytes: only what makes an event distinct (the last digits of its session
 * and key) is patched in place, so that generating load is far cheaper than serving it.
 */

import { EVENT_TYPES, REQUIRED_PROPS } from "../../../src/events/catalogue.ts";
import { KEY_DIGITS, KEY_MIDDLES, type Keys, makeKey, makeKeyDigits } from "./keys.ts";

/** What a request calls: `track`, `trackBatch`, or `track` many times, as tRPC's `httpBatchLink` does. */
export type Route = "track" | "trackBatch" | "trackCalls";

const EVENTS_PER_BATCH = 50;

/** Number of events in one request. */
export const EVENTS_PER_REQUEST: Readonly<Record<Route, number>> = {
  track: 1,
  trackBatch: EVENTS_PER_BATCH,
  trackCalls: EVENTS_PER_BATCH,
};

const PROCEDURES: Readonly<Record<Route, string>> = {
  track: "eventIngestion.track",
  trackBatch: "eventIngestion.trackBatch",
  trackCalls: `${Array(EVENTS_PER_BATCH).fill("eventIngestion.track").join(",")}?batch=1`,
};

const TRACKED = '"tracked":true';

/** Whether a response acknowledges every event of its request. */
export function isAccepted(route: Route, body: string): boolean {
  if (route === "track") return body.includes(TRACKED);
  if (route === "trackBatch") return body.includes(`"successful":${EVENTS_PER_BATCH},"failed":0`);
  return body.split(TRACKED).length === EVENTS_PER_BATCH + 1;
}

const EVENTS_PER_SESSION = 8;
const SERIAL_DIGITS = 12;
const SERIAL = "0".repeat(SERIAL_DIGITS);
/** Number of templates: a whole number of sessions, so that no session repeats a type. */
const VARIANTS: Readonly<Record<Route, number>> = { track: 24, trackBatch: 4, trackCalls: 4 };

// All events of a session differ in type, so there are no duplicates.
const types = Object.values(EVENT_TYPES)
  .filter((type) => !Object.hasOwn(REQUIRED_PROPS, type))
  .slice(0, EVENTS_PER_SESSION);
const referrers = [
  "https://www.google.com/",
  "https://www.instagram.com/",
  "https://blog.example/",
];
const agents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
];

/** Makes the n-th event; `serial` is the last group of its session id. */
export function makeEvent(n: number, run: string, serial: string): Record<string, unknown> {
  const session = Math.floor(n / EVENTS_PER_SESSION);
  return {
    eventType: types[n % EVENTS_PER_SESSION],
    sessionId: `${run}-0000-4000-8000-${serial}`,
    props: { path: `/assets/${n % 500}`, width: 1440, theme: "dark" },
    attribution: {
      referrer: referrers[session % referrers.length],
      landingPage: `https://shop.example/assets/${n % 500}?utm_source=news&utm_medium=email`,
    },
  };
}

/** The user agent of the n-th sender. */
export function userAgentOf(n: number): string {
  return agents[n % agents.length] ?? "";
}

interface Template {
  readonly bytes: Uint8Array;
  /** Offset of the serial in each event's session id. */
  readonly sessions: readonly number[];
  /** Offset of each event's idempotency key. */
  readonly keys: readonly number[];
}

const SESSION_MIDDLE = "-8000-";

const encoder = new TextEncoder();

/** Makes requests whose events are all distinct, across instances too. */
export class Requests {
  readonly #route: Route;
  readonly #keys: Keys;
  readonly #templates: readonly Template[];
  #next = 0;

  constructor(route: Route, keys: Keys) {
    this.#route = route;
    this.#keys = keys;
    const run = crypto.randomUUID().slice(0, 8);
    this.#templates = Array.from(
      { length: VARIANTS[route] },
      (_, i) => template(route, keys, i, run),
    );
  }

  /** Makes the next request. */
  next(): Uint8Array {
    const n = this.#next++;
    const { bytes, sessions, keys } = this.#templates[n % this.#templates.length] as Template;
    const first = n * EVENTS_PER_REQUEST[this.#route];
    for (const [i, offset] of sessions.entries()) {
      writeHex(bytes, offset, SERIAL_DIGITS, Math.floor((first + i) / EVENTS_PER_SESSION));
    }
    if (this.#keys !== "none") {
      for (const offset of keys) writeKey(bytes, offset, makeKeyDigits(this.#keys));
    }
    return bytes.slice();
  }
}

function template(route: Route, keys: Keys, variant: number, run: string): Template {
  const count = EVENTS_PER_REQUEST[route];
  const key = keys === "none" ? {} : { idempotencyKey: makeKey(keys) };
  const events = Array.from(
    { length: count },
    (_, i) => ({ ...makeEvent(variant * count + i, run, SERIAL), ...key }),
  );
  const body = JSON.stringify(bodyOf(route, events));
  const head = [
    `POST /api/trpc/${PROCEDURES[route]} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: */*",
    "accept-language: en",
    `user-agent: ${userAgentOf(Math.floor(variant * count / EVENTS_PER_SESSION))}`,
    `content-length: ${encoder.encode(body).length}`,
    "\r\n",
  ].join("\r\n");
  const text = head + body;
  const offsetsOf = (part: string) =>
    [...text.matchAll(new RegExp(part, "g"))].map(({ index }) => index);
  return {
    bytes: encoder.encode(text),
    sessions: offsetsOf(`${SESSION_MIDDLE}${SERIAL}`).map((at) => at + SESSION_MIDDLE.length),
    keys: key.idempotencyKey === undefined ? [] : offsetsOf(key.idempotencyKey),
  };
}

function bodyOf(route: Route, events: readonly unknown[]): unknown {
  if (route === "track") return events[0];
  return route === "trackBatch" ? { events } : { ...events };
}

/** Time and random digits: `TTTTTTTT-TTTT-….-….-RRRRRRRRRRRR`. */
function writeKey(
  bytes: Uint8Array,
  offset: number,
  [head, tail]: readonly [number, number],
): void {
  const last = head % 0x10000;
  writeHex(bytes, offset, 8, (head - last) / 0x10000);
  writeHex(bytes, offset + 9, 4, last);
  writeHex(bytes, offset + 13 + KEY_MIDDLES.random.length, KEY_DIGITS, tail);
}

function writeHex(bytes: Uint8Array, offset: number, digits: number, value: number): void {
  for (let i = offset + digits - 1, rest = value; i >= offset; i--) {
    const digit = rest % 16;
    bytes[i] = digit < 10 ? 48 + digit : 87 + digit;
    rest = (rest - digit) / 16;
  }
}
