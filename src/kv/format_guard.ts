/**
 * Keeps a process away from a KV that a newer version has converted to a format of its own while the
 * process was running. From then on nothing is read or written, as either would misread what is there.
 *
 * The format is read when a flush begins, by each health check and every minute, never for a request: what
 * a process does before the first of these is done as if the format were still its own.
 */

import { getLogger } from "@logtape/logtape";
import { shareDamage } from "./damage.ts";
import { findNewerFormat } from "./format.ts";
import type { KvFormatError } from "./format_error.ts";
import { FORMAT } from "./keys.ts";
import type { AtomicOperation, Kv } from "./port.ts";

const logger = getLogger(["sluice", "kv"]);

/** A KV whose operations reject with `KvFormatError` once its format is known to be newer. */
export class FormatGuard implements Kv {
  readonly #kv: Kv;
  #error: KvFormatError | null = null;

  constructor(kv: Kv) {
    this.#kv = kv;
    shareDamage(kv, this);
  }

  /**
   * Reads the format.
   *
   * @throws {KvFormatError} where it is newer than this code's
   */
  async check(): Promise<void> {
    const found = findNewerFormat((await this.#kv.get(FORMAT)).value);
    if (found !== null && this.#error === null) {
      logger.error("{reason} Events are refused until then; clients are told to send them again", {
        reason: found.message,
      });
    }
    if (found === null && this.#error !== null) {
      logger.info("The KV store has a format again that this version understands");
    }
    this.#error = found;
    if (found !== null) throw found;
  }

  /** See `Kv`. */
  get: Kv["get"] = (...args) => this.#refuse() ?? this.#kv.get(...args);

  /** See `Kv`. */
  getMany: Kv["getMany"] = (...args) => this.#refuse() ?? this.#kv.getMany(...args);

  /** See `Kv`. */
  set: Kv["set"] = (...args) => this.#refuse() ?? this.#kv.set(...args);

  /** See `Kv`. */
  delete: Kv["delete"] = (...args) => this.#refuse() ?? this.#kv.delete(...args);

  /** See `Kv`. */
  enqueue: Kv["enqueue"] = (...args) => this.#refuse() ?? this.#kv.enqueue(...args);

  /** See `Kv`. */
  listenQueue: Kv["listenQueue"] = (handler) => this.#kv.listenQueue(handler);

  /** See `Kv`. */
  list<T = unknown>(...args: Parameters<Kv["list"]>): Deno.KvListIterator<T> {
    const iterator = this.#kv.list<T>(...args);
    const next = () => this.#refuse() ?? iterator.next();
    return {
      get cursor() {
        return iterator.cursor;
      },
      next,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** See `Kv`. */
  atomic(): AtomicOperation {
    return this.#error === null ? this.#kv.atomic() : new RefusedOperation(this.#error);
  }

  #refuse(): Promise<never> | null {
    return this.#error && Promise.reject(this.#error);
  }
}

/** An operation that is never sent. */
class RefusedOperation implements AtomicOperation {
  readonly #error: KvFormatError;

  constructor(error: KvFormatError) {
    this.#error = error;
  }

  check = (): this => this;
  set = (): this => this;
  delete = (): this => this;
  sum = (): this => this;
  enqueue = (): this => this;
  commit = (): Promise<never> => Promise.reject(this.#error);
}
