/**
 * Makes requests from prepared bytes: only what makes an event distinct (the last digits of its session
 * and key) is patched in place, so that generating load is far cheaper than serving it.
 */

import { EVENT_TYPES, REQUIRED_PROPS } from "../../../src/events/catalogue.ts";

/** The procedure that a load calls. */
export type Route = "track" | "trackBatch";

/** Number of events in one request. */
export const EVENTS_PER_REQUEST: Readonly<Record<Route, number>> = { track: 1, trackBatch: 50 };

/** Text in a response that acknowledges every event of its request. */
export const ACCEPTED: Readonly<Record<Route, string>> = {
  track: '"tracked":true',
  trackBatch: '"successful":50,"failed":0',
};

const EVENTS_PER_SESSION = 8;
const SERIAL_DIGITS = 12;
const SERIAL = "0".repeat(SERIAL_DIGITS);
/** Number of templates: a whole number of sessions, so that no session repeats a type. */
const VARIANTS: Readonly<Record<Route, number>> = { track: 24, trackBatch: 4 };

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
  /** Offset of the serial in each event's idempotency key; empty without keys. */
  readonly keys: readonly number[];
}

/** Idempotency keys begin with the time, as the SDK's do. */
const KEY_TAIL = "-7000-9000-";
const SESSION_TAIL = "-8000-";

const encoder = new TextEncoder();

/** Makes requests whose events are all distinct, across instances too. */
export class Requests {
  readonly #route: Route;
  readonly #templates: readonly Template[];
  #next = 0;

  /** @param keyed whether each event has an idempotency key */
  constructor(route: Route, keyed = false) {
    this.#route = route;
    const run = crypto.randomUUID().slice(0, 8);
    const time = Date.now().toString(16).padStart(12, "0");
    const keyHead = keyed ? `${time.slice(0, 8)}-${time.slice(8)}` : null;
    this.#templates = Array.from(
      { length: VARIANTS[route] },
      (_, i) => template(route, i, run, keyHead),
    );
  }

  /** Makes the next request. */
  next(): Uint8Array {
    const n = this.#next++;
    const { bytes, sessions, keys } = this.#templates[n % this.#templates.length] as Template;
    const first = n * EVENTS_PER_REQUEST[this.#route];
    for (const [i, offset] of sessions.entries()) {
      writeHex(bytes, offset, Math.floor((first + i) / EVENTS_PER_SESSION));
    }
    for (const [i, offset] of keys.entries()) writeHex(bytes, offset, first + i);
    return bytes.slice();
  }
}

function template(route: Route, variant: number, run: string, keyHead: string | null): Template {
  const count = EVENTS_PER_REQUEST[route];
  const key = keyHead === null ? {} : { idempotencyKey: `${keyHead}${KEY_TAIL}${SERIAL}` };
  const events = Array.from(
    { length: count },
    (_, i) => ({ ...makeEvent(variant * count + i, run, SERIAL), ...key }),
  );
  const body = JSON.stringify(route === "track" ? events[0] : { events });
  const head = [
    `POST /api/trpc/eventIngestion.${route} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: */*",
    "accept-language: en",
    `user-agent: ${userAgentOf(Math.floor(variant * count / EVENTS_PER_SESSION))}`,
    `content-length: ${encoder.encode(body).length}`,
    "\r\n",
  ].join("\r\n");
  const text = head + body;
  const serialsAfter = (tail: string) =>
    [...text.matchAll(new RegExp(`${tail}(?=${SERIAL})`, "g"))]
      .map(({ index }) => index + tail.length);
  return {
    bytes: encoder.encode(text),
    sessions: serialsAfter(SESSION_TAIL),
    keys: serialsAfter(KEY_TAIL),
  };
}

function writeHex(bytes: Uint8Array, offset: number, value: number): void {
  for (let i = offset + SERIAL_DIGITS - 1, rest = value; i >= offset; i--) {
    const digit = rest % 16;
    bytes[i] = digit < 10 ? 48 + digit : 87 + digit;
    rest = (rest - digit) / 16;
  }
}
