/** A page in a test's hand: time, storage and network are the test's. */

import type { Page } from "../../src/client/page.ts";
import type { QueuedEvent } from "../../src/client/types.ts";
import { FakeClock } from "../support/clock.ts";

/** A request that the SDK made. */
export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly events: readonly QueuedEvent[];
  readonly signal: AbortSignal | null;
}

/** Answers a request, or fails as a network does. */
export type Answer = (asked: Asked) => Response | Promise<Response>;

/** What the service answers where all is well. */
export function storedAll({ events }: Asked, headers: HeadersInit = {}): Response {
  const results = events.map((_, index) => ({
    index,
    status: "fulfilled",
    data: { eventId: null, tracked: true },
    error: null,
  }));
  return Response.json({ results }, { headers });
}

/** What the service answers to a batch whose events at these places it does not take. */
export function refusing(errors: Readonly<Record<number, string>>): Answer {
  return ({ events }) =>
    Response.json({
      results: events.map((_, index) =>
        errors[index] === undefined
          ? { index, status: "fulfilled", data: { eventId: null, tracked: true }, error: null }
          : { index, status: "rejected", data: null, error: errors[index] }
      ),
    });
}

/** Fails as without a network. */
export function unreachable(): Promise<Response> {
  return Promise.reject(new TypeError("Failed to fetch"));
}

/** Lets a request hang until the SDK gives it up. */
export function silent({ signal }: Asked): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A page, and what happens on it. */
export class FakePage {
  readonly asked: Asked[] = [];
  readonly beacons: string[] = [];
  readonly #target = new EventTarget();
  readonly #document = { visibilityState: "visible", referrer: "" };
  /** What the service answers from now on. */
  answer: Answer = storedAll;
  /** What `/livez` answers. */
  live: Answer = () => new Response("", { headers: this.date() });
  random = 0.5;
  href = "https://shop.example/?utm_source=mail#top";
  /** This machine's clock minus the true time. */
  clockOffMs = 0;

  constructor(readonly storage = new FakeStorage(), readonly clock = new FakeClock()) {}

  /** Another tab of the same browser: one storage and one time, a window of its own. */
  openTab(): FakePage {
    return new FakePage(this.storage, this.clock);
  }

  /** The page as the SDK sees it. */
  get page(): Page {
    const { storage } = this;
    return {
      Date: { now: () => this.clock.now() + this.clockOffMs },
      Math: { random: () => this.random },
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
      fetch: (url, init) => this.#fetch(String(url), init),
      addEventListener: this.#target.addEventListener.bind(this.#target),
      setTimeout: (callback, ms) => this.#setTimeout(callback, ms),
      clearTimeout: (timer) => this.#cancel.get(timer)?.(),
    };
  }

  /** Events of all batches, in the order in which they went out. */
  get sent(): readonly QueuedEvent[] {
    return this.batches.flat();
  }

  /** The batches that went out. */
  get batches(): readonly (readonly QueuedEvent[])[] {
    return this.asked.filter(({ path }) => path === "/v1/events/batch").map(({ events }) => events);
  }

  /** Hides the page or shows it again. */
  turn(visibilityState: "hidden" | "visible"): void {
    this.#document.visibilityState = visibilityState;
    this.happens("visibilitychange");
  }

  happens(type: string): void {
    this.#target.dispatchEvent(new Event(type));
  }

  /** Moves time on, and lets everything settle that then happens. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms);
    await this.settle();
  }

  /** Lets everything settle that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  }

  readonly #cancel = new Map<number, () => void>();

  #setTimeout(callback: () => void, ms: number): number {
    const timer = this.#cancel.size + 1;
    this.#cancel.set(timer, this.clock.after(ms, callback));
    return timer;
  }

  // deno-lint-ignore require-await -- async, so that what an answer throws is a rejection
  async #fetch(
    url: string,
    { method = "GET", headers = {}, body = null, signal = null }: RequestInit = {},
  ) {
    const { events = [] } = body === null ? {} : JSON.parse(String(body));
    const { pathname: path } = new URL(url);
    const asked = { path, method, headers: new Headers(headers), events, signal };
    signal?.throwIfAborted();
    this.asked.push(asked);
    return path === "/livez" ? this.live(asked) : this.answer(asked);
  }

  /** The header of the service's clock. */
  date(): Record<string, string> {
    return { date: new Date(this.clock.now()).toUTCString() };
  }
}

/** localStorage without its prototype's tricks: its keys are its own properties, as in a browser. */
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
