/** A database file that may be replaced under a running service. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Mmdb } from "./mmdb.ts";

/** What a log line says of a database. */
type Described = Pick<Mmdb, "type" | "builtAt">;

/** How to open one. */
export interface MmdbFileOptions<Database> {
  readonly path: string;
  /** Throws for what it cannot use. */
  readonly parse: (bytes: Uint8Array<ArrayBuffer>) => Database;
  readonly clock: Clock;
}

/** How often the file is looked at. */
const LOOK_EVERY_MS = 60_000;

const logger = getLogger(["sluice", "enrichment"]);

/** The newest database that could be read; disposing stops looking for newer ones. */
export class MmdbFile<Database extends Described> implements Disposable {
  readonly #options: MmdbFileOptions<Database>;
  #current: Database;
  #version: string;
  /** The last version that could not be used: it is tried again, but reported once. */
  #refused: string | null = null;
  #cancel: () => void = () => {};
  #disposed = false;

  private constructor(options: MmdbFileOptions<Database>, current: Database, version: string) {
    this.#options = options;
    this.#current = current;
    this.#version = version;
    this.#lookLater();
  }

  /**
   * Reads the file, and from then on looks whether it changed: away from the events, so that none
   * waits for it.
   *
   * @throws where the file cannot be read or used
   */
  static async open<Database extends Described>(
    options: MmdbFileOptions<Database>,
  ): Promise<MmdbFile<Database>> {
    const version = await versionOf(options.path);
    return new MmdbFile(options, options.parse(await Deno.readFile(options.path)), version);
  }

  /** The database as of now. */
  get current(): Database {
    return this.#current;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel();
  }

  #lookLater(): void {
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { path } = this.#options;
    // Looked at before reading: what is written meanwhile counts as the next version.
    const version = await versionOf(path).catch(() => "unreadable");
    if (version !== this.#version) await this.#reload(version);
    if (!this.#disposed) this.#lookLater();
  }

  async #reload(version: string): Promise<void> {
    const { path, parse } = this.#options;
    try {
      this.#current = parse(await Deno.readFile(path));
      this.#version = version;
      this.#refused = null;
      const { type, builtAt } = this.#current;
      logger.info("Read {path} again: {type} of {builtAt}", { path, type, builtAt });
    } catch (error) {
      if (this.#refused === version) return;
      this.#refused = version;
      logger.warn("{path} changed and cannot be used, so the old one stays: {error}", {
        path,
        error,
      });
    }
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtime, size, ino } = await Deno.stat(path);
  return [mtime?.getTime(), size, ino].join();
}
