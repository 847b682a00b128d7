/** What the SDK uses of a browser, as a port: a test brings its own, a page `globalThis`. */

/** The part of `window` that the SDK touches. All of it may be missing, and storage may throw. */
export type Page =
  & Pick<Window & typeof globalThis, "fetch" | "addEventListener">
  & {
    setTimeout(callback: () => void, ms: number): number;
    clearTimeout(timer: number): void;
    readonly Date: { now(): number };
    readonly Math: { random(): number };
    readonly Request?: { readonly prototype: object };
    readonly document: Document | undefined;
    readonly location: Pick<Location, "href" | "search" | "origin">;
    readonly navigator: Navigator & { readonly globalPrivacyControl?: boolean };
    readonly localStorage: Storage;
    readonly indexedDB: IDBFactory;
  };

/** Begins every name that the SDK keeps in the browser's storage. */
export const PREFIX = "sluice.";

/** Does what may fail for reasons of the page, which is never to hear of it. */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Reads from localStorage; nothing where storage is forbidden. */
export function recall(page: Page, name: string): string | null | undefined {
  return safely(() => page.localStorage.getItem(PREFIX + name));
}

/** Writes to localStorage, or removes with `null`; true unless storage is full or forbidden. */
export function remember(page: Page, name: string, value: string | null): true | undefined {
  return safely(() => {
    if (value === null) page.localStorage.removeItem(PREFIX + name);
    else page.localStorage.setItem(PREFIX + name, value);
    return true;
  });
}

/** Makes UUIDs of version 7, each later than the last. */
export function createIds(page: Page): () => string {
  let last = 0;
  return () => {
    last = Math.max(last + 1, page.Date.now());
    const time = last.toString(16).padStart(12, "0");
    return `${time.replace(/.{8}/, "$&-")}-7xxx-8xxx-xxxxxxxxxxxx`
      .replace(/x/g, () => (page.Math.random() * 16 | 0).toString(16));
  };
}
