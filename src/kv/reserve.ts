/**
 * Room on the disk for what must go on when it is full. A flush deletes events by a commit that needs room
 * first, and Deno's collector of expired keys ends the process after a minute of failing: without a reserve
 * a full disk is never empty again.
 *
 * The reserve is a file beside the KV. A process that finds the disk full deletes it. While it is missing,
 * no process on the KV takes new events, and what is buffered drains into the room it left. It is made again
 * when there is twice its room, or, as SQLite gives no room back to the disk but uses it again itself, of
 * less when nothing is buffered any more.
 */

import { basename, dirname } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { OUTBOX, RESERVE, SEGMENTS } from "./keys.ts";
import type { Kv } from "./port.ts";

/** Options of `DiskReserve`. */
export interface DiskReserveOptions {
  readonly clock: Clock;
  /** The file; beside the KV, and the same for all processes on it. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
}

const CHECK_MS = 2_000;
/** Checks between two attempts to make the reserve while events are buffered: each fills the disk for a moment. */
const CHECKS_PER_ATTEMPT = 5;
const CHUNK_BYTES = 1024 * 1024;
/**
 * Parts of a smaller reserve. The buffer grows into what is left beside it, each time that it fills the
 * disk: always taking half of the room would soon leave a reserve of nothing.
 */
const SMALL_PART = 4;
const SMALLEST_PART = 8;

const logger = getLogger(["sluice", "kv"]);

/** Whether an error of KV or of a file says that the disk is full. */
export function saysDiskFull(error: unknown): boolean {
  return error instanceof Error &&
    /disk is full|no space left|quota exceeded|file too large/i.test(error.message);
}

/** The reserve of one process. */
export class DiskReserve implements AsyncDisposable {
  readonly #options: DiskReserveOptions;
  #isFull = false;
  #bytes = 0;
  #checks = 0;
  #checking: Promise<void> = Promise.resolve();
  #releasing: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(options: DiskReserveOptions) {
    this.#options = options;
  }

  /** Whether the disk is full, so that no new events may be taken. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The size of the file when it was last checked; 0 while it is given up. */
  get bytes(): number {
    return this.#isFull ? 0 : this.#bytes;
  }

  /** Gives the reserve up if an error says that the disk is full. */
  observe(error: unknown): void {
    if (saysDiskFull(error)) {
      this.#releasing ??= this.release()
        .catch((error) => logger.warn("The reserve could not be given up: {error}", { error }))
        .finally(() => this.#releasing = null);
    }
  }

  /** Gives the reserve up. */
  async release(): Promise<void> {
    this.#setFull(true);
    await Deno.remove(this.#options.path).catch(ifNotFound);
    await this.#removeDrafts();
  }

  /** Makes the reserve unless there is one, and keeps checking from then on. */
  async start(kv: Kv): Promise<void> {
    await this.#removeDrafts();
    await this.#check(kv);
    this.#schedule(kv);
  }

  /** Resolves when no check is running and nothing is being given up. */
  async settled(): Promise<void> {
    await Promise.all([this.#checking, this.#releasing]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.settled();
  }

  #schedule(kv: Kv): void {
    if (this.#isClosed) return;
    this.#cancel = this.#options.clock.after(CHECK_MS, () => {
      this.#checking = this.#check(kv).finally(() => this.#schedule(kv));
    });
  }

  async #check(kv: Kv): Promise<void> {
    try {
      const isDue = this.#checks++ % CHECKS_PER_ATTEMPT === 0;
      // The disk can be full of other files, without a write that says so before the collector's minute.
      if (isDue) await kv.set(RESERVE, 0).catch((error) => this.observe(error));
      await this.#releasing;
      if (await this.#exists()) return this.#setFull(false);
      const isEmpty = await isDrained(kv);
      if (await this.#make(isEmpty, isDue)) this.#setFull(false);
      else this.#setFull(true);
    } catch (error) {
      logger.debug("Could not check the reserve on the disk: {error}", { error });
    }
  }

  /** Removes what processes left that died while they made the reserve; one that is making it tries again. */
  async #removeDrafts(): Promise<void> {
    const folder = dirname(this.#options.path);
    const prefix = `${basename(this.#options.path)}.`;
    try {
      for await (const { name } of Deno.readDir(folder)) {
        if (name.startsWith(prefix)) await Deno.remove(`${folder}/${name}`).catch(ifNotFound);
      }
    } catch (error) {
      logger.debug("What is left of an earlier reserve could not be removed: {error}", { error });
    }
  }

  async #exists(): Promise<boolean> {
    const file = await Deno.stat(this.#options.path).catch(ifNotFound);
    this.#bytes = file?.size ?? 0;
    return file !== null;
  }

  /**
   * Makes the file if twice its room is free, so that the other half is left. If nothing is buffered, less
   * room will do, and then a smaller file.
   */
  async #make(isEmpty: boolean, isDue: boolean): Promise<boolean> {
    if (!isEmpty && !isDue) return false;
    const { path, bytes } = this.#options;
    const draft = `${path}.${Deno.pid}`;
    try {
      const free = await fill(draft, 2 * bytes);
      if (free < (isEmpty ? bytes / SMALLEST_PART : 2 * bytes)) return false;
      const size = Math.floor(Math.max(free / 2, Math.min(free, bytes / SMALL_PART)));
      await Deno.truncate(draft, size);
      await Deno.rename(draft, path);
      this.#bytes = size;
      return true;
    } finally {
      await Deno.remove(draft).catch(ifNotFound);
    }
  }

  #setFull(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    const { path } = this.#options;
    if (isFull) {
      logger.error(
        "The disk is full: new events are not stored, and the reserve {path} is given up so that " +
          "those in the buffer can be flushed. Make room on the disk.",
        { path },
      );
    } else logger.info("The disk has room again: events are stored", { path });
  }
}

/** Whether KV holds no events, so that there is room within its file. */
async function isDrained(kv: Kv): Promise<boolean> {
  for (const prefix of [SEGMENTS, OUTBOX]) {
    for await (const _ of kv.list({ prefix }, { limit: 1 })) return false;
  }
  return true;
}

/** Writes a file of up to `bytes`. @returns how many fit */
async function fill(path: string, bytes: number): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  // Not zeros, which some file systems do not store.
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes));
  for (let at = 0; at < chunk.length; at += 65_536) {
    crypto.getRandomValues(chunk.subarray(at, at + 65_536));
  }
  let written = 0;
  try {
    while (written < bytes) {
      written += await file.write(chunk.subarray(0, Math.min(chunk.length, bytes - written)));
    }
    await file.sync();
    return written;
  } catch (error) {
    if (!saysDiskFull(error)) throw error;
    return written < bytes ? written : 0; // some file systems find out only when they sync
  }
}

function ifNotFound(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
