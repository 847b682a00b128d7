/** A fake page for tests of the SDK, which control its time, storage and network. */

import type { Page } from "../../src/client/page.ts";
import type { QueuedEvent } from "../../src/client/types.ts";
import { FakeClock } from "../support/clock.ts";

/** A request that the SDK made. */
export interface FakeRequest {
  readonly path: string;
  readonly query: string;
  readonly method: string;
  readonly headers: Headers;
  readonly events: readonly QueuedEvent[];
  readonly signal: AbortSignal | null;
}

/** Responds to a request, or rejects as `fetch` does without a network. */
export type Responder = (request: FakeRequest) => Response | Promise<Response>;

/** Responds as the service does when it accepts every event. */
export function acceptAll({ events }: FakeRequest, headers: HeadersInit = {}): Response {
  const results = events.map((_, index) => ({
    index,
    status: "fulfilled",
    data: { eventId: null, tracked: true },
    error: null,
  }));
  return Response.json({ results }, { headers });
}

/** Responds as the service does when it refuses the events at these indexes. */
export function rejecting(errors: Readonly<Record<number, string>>): Responder {
  return ({ events }) =>
    Response.json({
      results: events.map((_, index) =>
        errors[index] === undefined
          ? { index, status: "fulfilled", data: { eventId: null, tracked: true }, error: null }
          : { index, status: "rejected", data: null, error: errors[index] }
      ),
    });
}

/** Rejects as `fetch` does without a network. */
export function unreachable(): Promise<Response> {
  return Promise.reject(new TypeError("Failed to fetch"));
}

/** Never responds: rejects when the SDK aborts the request. */
export function neverRespond({ signal }: FakeRequest): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A page, the requests that it made, and ways to trigger what happens to it. */
export class FakePage {
  readonly requests: FakeRequest[] = [];
  readonly beacons: string[] = [];
  readonly #target = new EventTarget();
  readonly #document = { visibilityState: "visible", referrer: "" };
  /** Responds to all requests but those to `/livez`. */
  respond: Responder = acceptAll;
  /** Responds to requests to `/livez`. */
  respondToLivez: Responder = () => new Response("", { headers: this.dateHeader() });
  random = 0.5;
  href = "https://shop.example/?utm_source=mail#top";
  /** How far this machine's clock is ahead of the service's. */
  clockOffsetMs = 0;

  constructor(readonly storage = new FakeStorage(), readonly clock = new FakeClock()) {}

  /** Another tab of the same browser: it shares storage and clock, but not the window. */
  openTab(): FakePage {
    return new FakePage(this.storage, this.clock);
  }

  /** The port that the SDK is given. */
  get page(): Page {
    const { storage } = this;
    return {
      Date: { now: () => this.clock.now() + this.clockOffsetMs },
      Math: { random: () => this.random },
      Request: { prototype: {} },
      document: this.#document as unknown as Document,
      location: new URL(this.href),
      navigator: {
        sendBeacon: (_: string, body: string) => this.beacons.push(body) > 0,
      } as unknown as Page["navigator"],
      get localStorage() {
        return storage as unknown as Storage;
      },
      get indexedDB(): IDBFactory {
        throw new Error("no database");
      },
      atob,
      fetch: (url, init) => this.#fetch(url, init),
      addEventListener: this.#target.addEventListener.bind(this.#target),
      setTimeout: (callback, ms) => this.#setTimeout(callback, ms),
      clearTimeout: (timer) => this.#cancel.get(timer)?.(),
    };
  }

  /** The events of all batches, in the order they were sent. */
  get sent(): readonly QueuedEvent[] {
    return this.batches.flat();
  }

  /** The batches that were sent. */
  get batches(): readonly (readonly QueuedEvent[])[] {
    return this.requests.filter(({ path }) => path === "/v1/batch").map(({ events }) => events);
  }

  /** Hides the page or makes it visible. */
  setVisibility(visibilityState: "hidden" | "visible"): void {
    this.#document.visibilityState = visibilityState;
    this.dispatch("visibilitychange");
  }

  /** Dispatches an event on the window. */
  dispatch(type: string): void {
    this.#target.dispatchEvent(new Event(type));
  }

  /** Advances the clock, and runs what that triggers. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms);
    await this.settle();
  }

  /** Runs all pending promises. */
  async settle(): Promise<void> {
    for (let n = 0; n < 200; n++) await Promise.resolve();
  }

  readonly #cancel = new Map<number, () => void>();

  #setTimeout(callback: () => void, ms: number): number {
    const timer = this.#cancel.size + 1;
    this.#cancel.set(timer, this.clock.after(ms, callback));
    return timer;
  }

  // deno-lint-ignore require-await -- async, so that an error of the responder is a rejection
  async #fetch(
    url: string,
    { method = "GET", headers = {}, body = null, signal = null }: RequestInit = {},
  ) {
    const { events = [] } = body === null ? {} : JSON.parse(String(body));
    const { pathname: path, search: query } = new URL(url);
    const request = { path, query, method, headers: new Headers(headers), events, signal };
    signal?.throwIfAborted();
    this.requests.push(request);
    return path === "/livez" ? this.respondToLivez(request) : this.respond(request);
  }

  /** The service's `Date` header. */
  dateHeader(): Record<string, string> {
    return { date: new Date(this.clock.now()).toUTCString() };
  }
}

/** localStorage whose keys are its own properties, as in a browser. */
class FakeStorage {
  getItem(name: string): string | null {
    return (this as unknown as Record<string, string>)[name] ?? null;
  }

  setItem(name: string, value: string): void {
    (this as unknown as Record<string, string>)[name] = value;
  }

  removeItem(name: string): void {
    delete (this as unknown as Record<string, string>)[name];
  }

  clear(): void {
    for (const name of Object.keys(this)) this.removeItem(name);
  }
}
