/**
 * Requests as bytes, made once: what makes an event distinct, its session's last digits, is patched in
 * place, so that making load costs next to nothing beside taking it.
 */

import { EVENT_TYPES, REQUIRED_PROPS } from "../../../src/events/catalogue.ts";

/** A endpoint that load goes through. */
export type Route = "track" | "trackBatch";

/** The events of one request. */
export const EVENTS_A_REQUEST: Readonly<Record<Route, number>> = { track: 1, trackBatch: 50 };

/** What fixtures in the answer of a request whose events are all durable. */
export const ACCEPTED: Readonly<Record<Route, string>> = {
  track: '"tracked":true',
  trackBatch: '"successful":50,"failed":0',
};

const EVENTS_A_SESSION = 8;
const SERIAL_DIGITS = 12;
const SERIAL = "0".repeat(SERIAL_DIGITS);
/** Templates: their events are a whole number of sessions, so that a type stays at its place of eight. */
const VARIANTS: Readonly<Record<Route, number>> = { track: 24, trackBatch: 4 };

// No two events of a session are of one type, and so no two are twins.
const types = Object.values(EVENT_TYPES)
  .filter((type) => !Object.hasOwn(REQUIRED_PROPS, type))
  .slice(0, EVENTS_A_SESSION);
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

/** One event of the load; `serial` ends the id of its session. */
export function eventOf(n: number, run: string, serial: string): Record<string, unknown> {
  const session = Math.floor(n / EVENTS_A_SESSION);
  return {
    eventType: types[n % EVENTS_A_SESSION],
    sessionId: `${run}-0000-4000-8000-${serial}`,
    props: { path: `/assets/${n % 500}`, width: 1440, theme: "dark" },
    attribution: {
      referrer: referrers[session % referrers.length],
      landingPage: `https://shop.example/assets/${n % 500}?utm_source=news&utm_medium=email`,
    },
  };
}

/** The user agent of the n-th sender. */
export function agentOf(n: number): string {
  return agents[n % agents.length] ?? "";
}

interface Template {
  readonly bytes: Uint8Array;
  /** Where each event's session has its serial. */
  readonly sessions: readonly number[];
  /** Where each event's idempotency key has its serial; none where events have no keys. */
  readonly keys: readonly number[];
}

/** The events' idempotency keys begin with the time, as those of the SDK do. */
const KEY_TAIL = "-7000-9000-";
const SESSION_TAIL = "-8000-";

const encoder = new TextEncoder();

/** Makes requests whose events are all different, also from those of any other maker. */
export class Requests {
  readonly #route: Route;
  readonly #templates: readonly Template[];
  #next = 0;

  /** @param keyed whether each event has an idempotency key of its own */
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

  /** The next request. */
  next(): Uint8Array {
    const n = this.#next++;
    const { bytes, sessions, keys } = this.#templates[n % this.#templates.length] as Template;
    const first = n * EVENTS_A_REQUEST[this.#route];
    for (const [i, offset] of sessions.entries()) {
      writeHex(bytes, offset, Math.floor((first + i) / EVENTS_A_SESSION));
    }
    for (const [i, offset] of keys.entries()) writeHex(bytes, offset, first + i);
    return bytes.slice();
  }
}

function template(route: Route, variant: number, run: string, keyHead: string | null): Template {
  const count = EVENTS_A_REQUEST[route];
  const key = keyHead === null ? {} : { idempotencyKey: `${keyHead}${KEY_TAIL}${SERIAL}` };
  const events = Array.from(
    { length: count },
    (_, i) => ({ ...eventOf(variant * count + i, run, SERIAL), ...key }),
  );
  const body = JSON.stringify(route === "track" ? events[0] : { events });
  const head = [
    `POST /api/trpc/eventIngestion.${route} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    "accept: */*",
    "accept-language: en",
    `user-agent: ${agentOf(Math.floor(variant * count / EVENTS_A_SESSION))}`,
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
