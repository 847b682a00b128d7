/** A database file that is reloaded when it changes. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Mmdb } from "./mmdb.ts";

/** The parts of a database that are logged. */
type Described = Pick<Mmdb, "type" | "builtAt">;

/** Options of `MmdbFile.open`. */
export interface MmdbFileOptions<Database> {
  readonly path: string;
  /** Throws where the bytes cannot be used. */
  readonly parse: (bytes: Uint8Array<ArrayBuffer>) => Database;
  readonly clock: Clock;
}

const CHECK_EVERY_MS = 60_000;

const logger = getLogger(["sluice", "enrichment"]);

/** The newest database that could be read. Disposing stops watching the file. */
export class MmdbFile<Database extends Described> implements Disposable {
  readonly #options: MmdbFileOptions<Database>;
  #current: Database;
  #version: string;
  /** The last version that could not be used. It is tried again, but logged once. */
  #unusable: string | null = null;
  #cancel: () => void = () => {};
  #disposed = false;

  private constructor(options: MmdbFileOptions<Database>, current: Database, version: string) {
    this.#options = options;
    this.#current = current;
    this.#version = version;
    this.#scheduleCheck();
  }

  /**
   * Reads the file and starts to check whether it changes, in the background, so that no event waits for
   * it.
   *
   * @throws if the file cannot be read or used
   */
  static async open<Database extends Described>(
    options: MmdbFileOptions<Database>,
  ): Promise<MmdbFile<Database>> {
    const version = await readVersion(options.path);
    return new MmdbFile(options, options.parse(await Deno.readFile(options.path)), version);
  }

  /** The current database. */
  get current(): Database {
    return this.#current;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel();
  }

  #scheduleCheck(): void {
    this.#cancel = this.#options.clock.after(CHECK_EVERY_MS, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { path } = this.#options;
    // Taken before reading, so that a change during the read counts as the next version.
    const version = await readVersion(path).catch(() => "unreadable");
    if (version !== this.#version) await this.#reload(version);
    if (!this.#disposed) this.#scheduleCheck();
  }

  async #reload(version: string): Promise<void> {
    const { path, parse } = this.#options;
    try {
      this.#current = parse(await Deno.readFile(path));
      this.#version = version;
      this.#unusable = null;
      const { type, builtAt } = this.#current;
      logger.info("Reloaded {path}: {type} built at {builtAt}", { path, type, builtAt });
    } catch (error) {
      if (this.#unusable === version) return;
      this.#unusable = version;
      logger.warn(
        "{path} changed but cannot be used; the previous database stays in use: {error}",
        {
          path,
          error,
        },
      );
    }
  }
}

async function readVersion(path: string): Promise<string> {
  const { mtime, size, ino } = await Deno.stat(path);
  return [mtime?.getTime(), size, ino].join();
}
