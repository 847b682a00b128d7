/**
 * The keys of `AUTH_JWKS_URL` (contract 6.8). The last valid ones stay in use until new ones are read, in
 * the background: a request waits for a read only until the key server turns out to be slow.
 */

import { createHash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions } from "jose";
import { type Clock, within } from "../clock.ts";
import { explain } from "./fetched.ts";
import { FirstArrivals } from "./first_arrivals.ts";
import { LogLimit } from "./log_limit.ts";
import { type Keys, readKeys, verifyByKeys } from "./read_keys.ts";

/** There are no keys to verify a token with. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

/** Options of `KeySet`. */
export interface KeySetOptions {
  readonly url: string;
  readonly clock: Pick<Clock, "monotonic" | "after">;
}

/** The keys of one read. */
interface KeysRead {
  readonly keys: Keys;
  /** When the read began: tokens that arrived later may be signed with newer keys. */
  readonly since: number;
}

/** How long requests wait for a read, counted from its start. */
const WAIT_MS = 2_000;
/** The time limit of a read: longer than requests wait, as a slow server may still succeed. */
const READ_MS = 10_000;
/** Between attempts, while the server fails. */
const RETRY_MS = 2_000;
/** Between reads caused by tokens that the keys do not verify. */
const COOL_DOWN_MS = 10_000;
const REFRESH_MS = 300_000;

const logger = getLogger(["sluice", "auth"]);

/** Verifies tokens by the keys at a URL. */
export class KeySet {
  readonly #options: KeySetOptions;
  readonly #warnings: LogLimit;
  readonly #closed = new AbortController();
  readonly #arrivals = new FirstArrivals();
  #current: KeysRead | null = null;
  #readAt = -Infinity;
  #reading: Promise<true> | null = null;
  #startedAt = -Infinity;
  #mismatchAt = -Infinity;
  /** Whether the last read failed, or takes longer than requests wait. */
  #failing = false;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#warnings = new LogLimit(options.clock);
  }

  /**
   * Verifies a token.
   *
   * @throws {KeysUnavailableError} if the keys that could verify it cannot be read
   * @throws {errors.JOSEError} if it is invalid
   */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    const arrivedAt = this.#now();
    this.refresh();
    const current = this.#current ?? await this.#firstKeys();
    try {
      return await verifyByKeys(current.keys, token, options);
    } catch (error) {
      if (!maybeRotated(error)) throw error;
      const newer = await this.#newerKeys(current, arrivedAt);
      if (newer !== current) return await this.#verifyFinally(newer, token, options, arrivedAt);
      throw this.#judge(error, current, token, arrivedAt);
    }
  }

  /** Begins to read the keys if there are none, or they are older than five minutes. */
  refresh(): void {
    if (this.#current === null || this.#now() - this.#readAt > REFRESH_MS) this.#readUnlessTried();
  }

  /** Aborts a read in progress. */
  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  async #firstKeys(): Promise<KeysRead> {
    await this.#waitForRead();
    if (this.#current === null) throw new KeysUnavailableError("no keys were read yet");
    return this.#current;
  }

  /** Waits for keys that replace `keys`; the same ones if there are none, or the server is slow. */
  async #newerKeys(keys: KeysRead, arrivedAt: number): Promise<KeysRead> {
    const isOver = this.#now() - this.#mismatchAt >= COOL_DOWN_MS;
    // Those of a read in progress may verify the token, too.
    if (this.#current === keys && keys.since < arrivedAt && this.#reading === null && isOver) {
      this.#mismatchAt = this.#now();
      this.#read();
    }
    await this.#waitForRead();
    return this.#current ?? keys;
  }

  async #verifyFinally(
    current: KeysRead,
    token: string,
    options: JWTVerifyOptions,
    arrivedAt: number,
  ): Promise<JWTPayload> {
    try {
      return await verifyByKeys(current.keys, token, options);
    } catch (error) {
      throw maybeRotated(error) ? this.#judge(error, current, token, arrivedAt) : error;
    }
  }

  /**
   * The error of a token that keys do not verify: it is invalid only if they were read after it first
   * arrived, as it may be signed with newer ones. Forged tokens thus cannot use up the reads of others.
   */
  #judge(
    error: RotationError,
    { since }: KeysRead,
    token: string,
    arrivedAt: number,
  ): KeysUnavailableError | RotationError {
    const isCompared = since >= this.#arrivals.note(nameOf(error, token), arrivedAt);
    const isUnsure = this.#failing && error instanceof errors.JWKSNoMatchingKey;
    if (isCompared && !isUnsure) return error;
    return new KeysUnavailableError("the keys may have been replaced", { cause: error });
  }

  async #waitForRead(): Promise<void> {
    const reading = this.#reading;
    const left = this.#startedAt + WAIT_MS - this.#now();
    if (reading === null || this.#failing) return;
    if (left > 0 && await within(this.#options.clock, left, reading)) return;
    if (this.#reading === reading) this.#fail("no response within 2 s");
  }

  #readUnlessTried(): void {
    if (this.#now() - this.#startedAt >= RETRY_MS) this.#read();
  }

  #read(): void {
    if (this.#reading !== null || this.#closed.signal.aborted) return;
    this.#startedAt = this.#now();
    this.#reading = this.#replaceKeys().finally(() => this.#reading = null);
  }

  async #replaceKeys(): Promise<true> {
    const timeout = new AbortController();
    const tooSlow = new Error("no complete response within 10 s");
    const cancel = this.#options.clock.after(READ_MS, () => timeout.abort(tooSlow));
    const signal = AbortSignal.any([timeout.signal, this.#closed.signal]);
    const since = this.#startedAt;
    try {
      this.#current = { keys: await readKeys(this.#options.url, signal), since };
      this.#readAt = this.#now();
      if (this.#failing) logger.info("The keys of AUTH_JWKS_URL were read again");
      this.#failing = false;
    } catch (error) {
      if (!this.#closed.signal.aborted) {
        this.#fail(explain(error));
      }
    } finally {
      cancel();
    }
    return true;
  }

  #fail(reason: string): void {
    this.#failing = true;
    const consequence = this.#current === null
      ? "callers with a token of theirs are told to send their events again"
      : "the last ones stay in use";
    this.#warnings.run(() =>
      logger.warn("The keys of AUTH_JWKS_URL cannot be read, {consequence}: {reason}", {
        consequence,
        reason,
      })
    );
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

type RotationError = errors.JWKSNoMatchingKey | errors.JWSSignatureVerificationFailed;

/** Whether newer keys might verify the token. A new key may even have the id of an old one, or none. */
function maybeRotated(error: unknown): error is RotationError {
  return error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWSSignatureVerificationFailed;
}

/** What newer keys have to be read for: a key id, of any number of tokens, or else the token itself. */
function nameOf(error: RotationError, token: string): string {
  const { alg, kid } = decodeProtectedHeader(token);
  const isUnknownId = error instanceof errors.JWKSNoMatchingKey && typeof kid === "string";
  const name = isUnknownId ? JSON.stringify([alg, kid]) : token;
  return createHash("sha256").update(name).digest("base64");
}
