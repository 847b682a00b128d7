/** Checks the options that only exist where there is no document. */

import type { EventSource } from "../types.ts";
import type { Platform } from "./device.ts";
import type { AsyncStore, NativeOptions } from "./types.ts";

const METHODS = ["keys", "read", "write", "remove"] as const;

/** @throws {TypeError} naming the option, what it must be and what it was */
export function checkNativeOptions(
  { url, store, network, appState, fetch }: NativeOptions,
  platform: Pick<Platform, "fetch">,
): void {
  // Not by `new URL`: that of React Native accepts anything.
  if (!/^https?:\/\/[^\s/?#]/.test(url)) throwFor("url", "a URL like https://a.example", url);
  const given = store as Partial<AsyncStore> | undefined;
  if (!METHODS.every((method) => typeof given?.[method] === "function")) {
    const got = typeof (store as { getItem?: unknown } | undefined)?.getItem === "function"
      ? "a storage itself"
      : store;
    throwFor("store", "asyncStorage(AsyncStorage), chromeStorage(…) or indexedDbStore()", got);
  }
  if (typeof (fetch ?? platform.fetch) !== "function") {
    throwFor("fetch", "a function, as there is no global fetch here", fetch);
  }
  for (const [name, port] of Object.entries({ network, appState })) {
    if (port && typeof port.addEventListener !== "function") {
      throwFor(name, "an object with addEventListener, such as NetInfo or AppState", port);
    }
  }
}

/** The default of `source`: an app, or the web in workers, extensions and where there is a document. */
export function defaultSource(
  platform: { readonly WorkerGlobalScope?: unknown; readonly document?: unknown },
): EventSource {
  return platform.WorkerGlobalScope || platform.document ? "web" : "mobile";
}

function throwFor(name: string, expected: string, value: unknown): never {
  throw new TypeError(`${name} must be ${expected}, got ${value}`);
}
