/**
 * The part of the browser that the SDK uses, as a port: `globalThis` on a page, `native/device.ts` where
 * there is no document, a fake in tests.
 */

import type { QueueRecord } from "./record.ts";

/** The part of `window` that the SDK uses. All of it may be missing, and storage may throw. */
export type Page = {
  fetch(url: string, init?: RequestInit): Promise<Response>;
  addEventListener(
    type: string,
    listener: (event: Pick<Event, "type">) => void,
    /** `true` to capture. */
    options?: AddEventListenerOptions | true,
  ): void;
  setTimeout(callback: () => void, ms: number): number;
  clearTimeout(timer: number): void;
  atob(base64: string): string;
  readonly Date: { now(): number };
  readonly Math: { random(): number };
  readonly Request: { readonly prototype: object };
  readonly document:
    | Pick<Document, "visibilityState" | "referrer"> & { readonly prerendering?: boolean }
    | undefined;
  readonly location: Pick<Location, "href" | "origin"> | undefined;
  readonly navigator: Partial<Pick<Navigator, "sendBeacon">> & {
    readonly locks?: { request(name: string, work: () => Promise<void>): Promise<void> };
    readonly globalPrivacyControl?: boolean;
  };
  readonly localStorage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly indexedDB?: IDBFactory;
};

/** What all instances of the SDK for one service share on a page, whichever build they come from. */
export interface PageState {
  /** When events were tracked, and their records, to detect double clicks. */
  readonly recent: Map<string, readonly [calledAt: number, record: QueueRecord]>;
  /** The last page view: what identifies it, its path and its URL. */
  view?: readonly [key: string, path: string, url: string] | undefined;
  /** Whether it was said that nothing is tracked here. */
  told?: boolean;
}

/** An instance's `track`, by which helpers find the state. */
export interface StatefulTrack {
  /** Missing where a page calls a helper with a function of its own. */
  _state?: PageState;
}

/** The state of a service's instances, kept at the page under a name that no build changes. */
export function pageState(page: Page, base: string): PageState {
  const globals = page as unknown as Record<string, PageState | undefined>;
  return globals[PREFIX + base] ??= { recent: new Map() };
}

/** Runs work now or, while the browser renders the page in advance, when it is shown, if ever. */
export function whenShown<T>(page: Page, work: () => T): T | Promise<Awaited<T>> {
  if (!page.document?.prerendering) return work();
  return new Promise((resolve) => {
    const onShown = () => resolve(safely(work) as Awaited<T>);
    page.addEventListener("prerenderingchange", onShown, true);
  });
}

/** Prefix of every name that the SDK uses in the browser's storage. */
export const PREFIX = "sluice.";

/** Runs code that may throw for reasons outside the SDK; returns undefined if it does. */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // undefined
  }
}

/** Reads from localStorage; undefined where storage is forbidden. */
export function readItem(page: Page, name: string): string | null | undefined {
  return safely(() => page.localStorage.getItem(PREFIX + name));
}

/** Writes to localStorage, `null` to remove; returns true unless storage is full or forbidden. */
export function writeItem(
  page: Page,
  name: string,
  value: string | number | null,
): true | undefined {
  return safely(() => {
    if (value === null) page.localStorage.removeItem(PREFIX + name);
    else page.localStorage.setItem(PREFIX + name, `${value}`);
    return true;
  });
}

/** Returns a generator of version 7 UUIDs, each later than the one before. */
export function createIds(page: Page): () => string {
  let last = 0;
  return () => {
    last = Math.max(last + 1, page.Date.now());
    const time = (2 ** 48 + last).toString(16); // a 1, and twelve digits
    return `${time}-7xxx-8xxx-xxxxxxxxxxxx`.replace(/.(.{8})/, "$1-")
      .replace(/x/g, () => (page.Math.random() * 16 | 0).toString(16));
  };
}
