/**
 * The keys of `AUTH_JWKS_URL` (contract 6.8). The last valid ones stay in use until new ones are read, in
 * the background: a request waits for a read only until the key server turns out to be slow.
 */

import { getLogger } from "@logtape/logtape";
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";
import { type Clock, within } from "../clock.ts";
import { LogLimit } from "./log_limit.ts";

/** There are no keys to verify a token with. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

/** Options of `KeySet`. */
export interface KeySetOptions {
  readonly url: string;
  readonly clock: Pick<Clock, "monotonic" | "after">;
}

type Keys = ReturnType<typeof createLocalJWKSet>;

/** How long requests wait for a read, counted from its start. */
const WAIT_MS = 2_000;
/** The time limit of a read: longer than requests wait, as a slow server may still succeed. */
const READ_MS = 10_000;
/** Between attempts, while the server fails. */
const RETRY_MS = 2_000;
/** Between reads caused by tokens that the keys do not verify. */
const COOL_DOWN_MS = 10_000;
const REFRESH_MS = 300_000;
const USABLE = new Set(["RSA", "EC"]);

const logger = getLogger(["sluice", "auth"]);

/** Verifies tokens by the keys at a URL. */
export class KeySet {
  readonly #options: KeySetOptions;
  readonly #warnings: LogLimit;
  readonly #closed = new AbortController();
  #keys: Keys | null = null;
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
    this.refresh();
    const keys = this.#keys ?? await this.#firstKeys();
    try {
      return await verifyWith(keys, token, options);
    } catch (error) {
      if (!maybeRotated(error)) throw error;
      const newer = await this.#newerKeys(keys);
      if (newer !== null) return await verifyWith(newer, token, options);
      if (this.#failing && error instanceof errors.JWKSNoMatchingKey) {
        throw new KeysUnavailableError("the keys may have been replaced", { cause: error });
      }
      throw error;
    }
  }

  /** Begins to read the keys if there are none, or they are older than five minutes. */
  refresh(): void {
    if (this.#keys === null || this.#now() - this.#readAt > REFRESH_MS) this.#readUnlessTried();
  }

  /** Aborts a read in progress. */
  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  async #firstKeys(): Promise<Keys> {
    await this.#waitForRead();
    if (this.#keys === null) throw new KeysUnavailableError("no keys were read yet");
    return this.#keys;
  }

  /** Waits for keys that replace `keys`; `null` if there are none, or the server is slow. */
  async #newerKeys(keys: Keys): Promise<Keys | null> {
    if (this.#keys === keys && this.#now() - this.#mismatchAt >= COOL_DOWN_MS) {
      this.#mismatchAt = this.#now();
      this.#read();
    }
    await this.#waitForRead();
    return this.#keys === keys ? null : this.#keys;
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
    const cancel = this.#options.clock.after(READ_MS, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.#closed.signal]);
    try {
      this.#keys = await readKeys(this.#options.url, signal);
      this.#readAt = this.#now();
      if (this.#failing) logger.info("The keys of AUTH_JWKS_URL were read again");
      this.#failing = false;
    } catch (error) {
      if (!this.#closed.signal.aborted) {
        this.#fail(withoutUrl(error));
      }
    } finally {
      cancel();
    }
    return true;
  }

  #fail(reason: string): void {
    this.#failing = true;
    const consequence = this.#keys === null
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

/** The message of an error, without the URL that `fetch` adds: it may contain a credential. */
function withoutUrl(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ for url \([^)]*\)/, "");
}

async function readKeys(url: string, signal: AbortSignal): Promise<Keys> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the status is ${response.status}, must be 200`);
  }
  const set: unknown = JSON.parse(await response.text());
  const keys = createLocalJWKSet(set as JSONWebKeySet); // throws if it is not a key set
  // A server that is being set up may list no keys yet, and every token would be refused.
  if (!keys.jwks().keys.some(({ kty }) => USABLE.has(kty ?? ""))) {
    throw new Error("the response has no key for RS256 or ES256");
  }
  return keys;
}

async function verifyWith(
  keys: Keys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return await verifyWithAny(error, token, options);
  }
}

/** A token without a key id is signed with one of the keys of its algorithm. */
async function verifyWithAny(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** Whether newer keys might verify the token. A new key may even have the id of an old one, or none. */
function maybeRotated(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWSSignatureVerificationFailed;
}
