/** A fake KV that fails with "database is locked" as often as a test wants. */

const entry = { key: ["a", 1], value: 1, versionstamp: "1" };

/** The fake and its calls. */
export class LockedKv {
  #locked = 0;

  /** Operations in the order of their attempts. */
  readonly calls: string[] = [];

  /** Arguments of `get`, `getMany`, `set` and `delete`. */
  readonly arguments: unknown[][] = [];

  /** The result of each operation when not locked. */
  readonly results: Readonly<Record<string, unknown>> = {
    get: entry,
    getMany: [entry],
    set: { ok: true, versionstamp: "1" },
    delete: undefined,
    commit: { ok: true, versionstamp: "2" },
    list: [["a", 1], ["a", 2]],
  };

  /** Implements what `retryingKv` uses. */
  readonly kv: Deno.Kv;

  constructor() {
    const single = (name: string) => (...args: unknown[]) => {
      this.arguments.push(args);
      return this.#answer(name);
    };
    this.kv = {
      get: single("get"),
      getMany: single("getMany"),
      set: single("set"),
      delete: single("delete"),
      atomic: () => this.#atomic(),
      list: () => this.#list(),
      close: () => void this.calls.push("close"),
    } as unknown as Deno.Kv;
  }

  /** Makes the next operations fail. */
  lock(times: number): void {
    this.#locked = times;
  }

  #answer(name: string): Promise<unknown> {
    this.calls.push(name);
    if (this.#locked === 0) return Promise.resolve(this.results[name]);
    this.#locked -= 1;
    return Promise.reject(new Error("database is locked"));
  }

  #atomic() {
    const operation = {
      check: () => operation,
      set: () => operation,
      commit: () => this.#answer("commit"),
    };
    return operation;
  }

  // Like Deno's iterator and unlike a generator, it can continue after an error.
  #list() {
    let position = 0;
    const iterator = {
      next: async () => {
        await this.#answer("list");
        position += 1;
        return position > 2
          ? { done: true, value: undefined }
          : { done: false, value: { ...entry, key: ["a", position] } };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}
