/**
 * Makes a worker or an app look like a page to the SDK: a page that is rendered in advance and shown as
 * soon as its store has been read, so that nothing happens before the consent is known.
 */

import type { Page } from "../page.ts";
import type { OpenStore } from "../stores.ts";
import { decodeBase64 } from "./base64.ts";
import { createItems } from "./items.ts";
import { createPatience } from "./patience.ts";
import { createRandom } from "./random.ts";
import { createRecordStore, type NativeRecordStore } from "./record_store.ts";
import { turns } from "./turns.ts";
import type { NativeOptions } from "./types.ts";

/** The part of the platform that is used; all but timers may be missing. */
export type Platform = Pick<Page, "setTimeout" | "clearTimeout"> & {
  readonly Date: Page["Date"];
  readonly WorkerGlobalScope?: unknown;
  readonly document?: unknown;
  readonly fetch?: Page["fetch"];
  readonly atob?: Page["atob"];
  readonly crypto?: Pick<Crypto, "getRandomValues">;
  readonly navigator?: Page["navigator"];
  readonly addEventListener?: Page["addEventListener"];
};

/** What stands for the page. */
export interface Device {
  readonly _page: Page;
  readonly _openStore: OpenStore;
  /** Tells the SDK that the network or the app is back. */
  _dispatch(type: "online" | "visibilitychange"): void;
  /** Tries again to store what could not be stored. */
  _save(): void;
  /** Resolves to whether no event is in memory only, when nothing is being written. */
  _saved(): Promise<boolean>;
}

type Listener = Parameters<Page["addEventListener"]>[1];

/**
 * Creates a device, and begins to read the store.
 *
 * @throws {TypeError} if there is no source of randomness
 */
export function createDevice(options: NativeOptions, platform: Platform): Device {
  const store = createPatience(options.store, platform);
  const items = createItems(store);
  const random = createRandom(options.randomUUID, platform.crypto);
  const listeners = new Map<string, Set<Listener>>();
  const { navigator } = platform;
  let records: NativeRecordStore | undefined;
  let isRead = false;

  function dispatch(type: string): void {
    for (const listener of [...listeners.get(type) ?? []]) listener({ type });
  }

  /** Reads what other instances have changed, such as an opt-out. */
  async function refresh(): Promise<void> {
    await items._refresh();
    dispatch("storage");
  }

  const reading = items._refresh().then(() => {
    isRead = true;
    dispatch("prerenderingchange");
    listeners.delete("prerenderingchange");
  });

  const page: Page = {
    fetch: (url, init) =>
      (options.fetch as Page["fetch"] | undefined)?.(url, init) ??
        (platform.fetch as Page["fetch"])(url, init),
    addEventListener(type, listener, options) {
      const all = listeners.get(type) ?? new Set();
      listeners.set(type, all.add(listener));
      if (options === true) return;
      options?.signal?.addEventListener("abort", () => all.delete(listener));
    },
    setTimeout: (callback, ms) => platform.setTimeout(callback, ms),
    clearTimeout: (timer) => platform.clearTimeout(timer),
    atob: (base64) => platform.atob?.(base64) ?? decodeBase64(base64),
    Date: platform.Date,
    Math: { random },
    Request: { prototype: {} },
    document: {
      visibilityState: "visible",
      referrer: "",
      get prerendering() {
        return !isRead;
      },
    },
    location: undefined,
    navigator: {
      locks: navigator?.locks ?? turns,
      get globalPrivacyControl() {
        return navigator?.globalPrivacyControl === true;
      },
    },
    localStorage: items,
  };

  return {
    _page: page,
    _openStore(_, name, mayStore) {
      const opened = records = createRecordStore(store, name, mayStore);
      return {
        ...opened,
        async _readAll() {
          await refresh();
          return await opened._readAll();
        },
      };
    },
    _dispatch: dispatch,
    _save: () => records?._retry(),
    async _saved() {
      await reading;
      await store._settled();
      return records?._isSaved() ?? true;
    },
  };
}
