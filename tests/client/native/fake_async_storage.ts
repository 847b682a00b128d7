/**
 * Fakes of React Native's parts, with the names and the semantics of the real ones: AsyncStorage 2 and 3,
 * AppState, NetInfo.
 */

/** AsyncStorage 2, as `@react-native-async-storage/async-storage` has it. */
export class FakeAsyncStorage {
  /** What is stored. */
  readonly texts = new Map<string, string>();
  /** Most units of keys and texts together; beyond, writes reject as on a full disk. */
  quota = Infinity;
  /** Names of the operations so far, with their keys. */
  readonly calls: (readonly [operation: string, ...keys: string[]])[] = [];
  /** Delays or fails an operation. */
  before: (operation: string, ...keys: string[]) => Promise<void> = () => Promise.resolve();

  async getItem(key: string): Promise<string | null> {
    await this.#enter("getItem", key);
    return this.texts.get(key) ?? null;
  }

  async setItem(key: string, value: string): Promise<void> {
    // Android rejects, iOS stores nonsense.
    if (typeof value !== "string") throw new TypeError(`The value must be a string: ${value}`);
    await this.#enter("setItem", key);
    let size = key.length + value.length;
    for (const [other, text] of this.texts) if (other !== key) size += other.length + text.length;
    if (size > this.quota) throw new Error("database or disk is full (code 13 SQLITE_FULL)");
    this.texts.set(key, value);
  }

  async removeItem(key: string): Promise<void> {
    await this.multiRemove([key]);
  }

  async getAllKeys(): Promise<readonly string[]> {
    await this.#enter("getAllKeys");
    return [...this.texts.keys()];
  }

  async multiGet(keys: readonly string[]): Promise<readonly (readonly [string, string | null])[]> {
    await this.#enter("multiGet", ...keys);
    return keys.map((key) => [key, this.texts.get(key) ?? null] as const);
  }

  async multiRemove(keys: readonly string[]): Promise<void> {
    await this.#enter("multiRemove", ...keys);
    for (const key of keys) this.texts.delete(key);
  }

  async #enter(operation: string, ...keys: string[]): Promise<void> {
    this.calls.push([operation, ...keys]);
    await this.before(operation, ...keys);
  }
}

/** The methods of AsyncStorage 3 on the same storage. */
export function asVersion3(storage: FakeAsyncStorage) {
  return {
    getItem: (key: string) => storage.getItem(key),
    setItem: (key: string, value: string) => storage.setItem(key, value),
    removeItem: (key: string) => storage.removeItem(key),
    getAllKeys: async () => [...await storage.getAllKeys()],
    getMany: async (keys: string[]) => Object.fromEntries(await storage.multiGet(keys)),
    removeMany: (keys: string[]) => storage.multiRemove(keys),
  };
}

/** What `AppState` and `NetInfo` have in common: listeners that get a state. */
class FakeEmitter<T> {
  readonly listeners = new Set<(state: T) => void>();

  emit(state: T): void {
    for (const listener of this.listeners) listener(state);
  }
}

/** React Native's `AppState`. */
export class FakeAppState extends FakeEmitter<string> {
  currentState = "active";

  addEventListener(type: "change", listener: (state: string) => void): { remove(): void } {
    if (String(type) !== "change") throw new Error(`Trying to subscribe to unknown event: ${type}`);
    this.listeners.add(listener);
    return { remove: () => void this.listeners.delete(listener) };
  }

  /** Changes the state, as the user does by switching apps. */
  become(state: "active" | "inactive" | "background"): void {
    this.currentState = state;
    this.emit(state);
  }
}

/** `NetInfo`, which calls a new listener at once. */
export class FakeNetInfo extends FakeEmitter<{ isConnected: boolean | null }> {
  #isConnected: boolean | null = true;

  addEventListener(listener: (state: { isConnected: boolean | null }) => void): () => void {
    this.listeners.add(listener);
    listener({ isConnected: this.#isConnected });
    return () => void this.listeners.delete(listener);
  }

  /** Loses the network or gets it back. */
  connect(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.emit({ isConnected });
  }
}
