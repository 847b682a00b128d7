/**
 * The API keys that a process knows (contract 13.5). It reads them from Postgres when a key is used, in the
 * background, at most every two seconds; requests wait for a read only where the answer depends on it. While
 * Postgres is away, the last ones stay in use.
 */

import { getLogger } from "@logtape/logtape";
import { FirstArrivals } from "../auth/first_arrivals.ts";
import { LogLimit } from "../auth/log_limit.ts";
import { type Clock, within } from "../clock.ts";
import type { Identification, KeyRefusal, TokenRefusal } from "../events/identification.ts";
import type { Kv } from "../kv/port.ts";
import { readApiKeys, touchApiKeys } from "../store/api_keys.ts";
import type { Database } from "../store/database.ts";
import { findFault, hashKey, maskKey, PREFIX } from "./format.ts";
import { type KeyRecord, toRecord } from "./record.ts";
import { KeySnapshot } from "./snapshot.ts";

/** Options of `KnownKeys`. */
export interface KnownKeysOptions {
  readonly database: Pick<Database, "run">;
  readonly kv: Kv;
  readonly clock: Clock;
  readonly onRefused?: (refusal: TokenRefusal) => void;
}

/** Between reads while keys are used. */
const REFRESH_MS = 2_000;
/** Keys that were not read for longer are read again before one counts: it may have been revoked. */
const STALE_MS = 10_000;
/** Between reads for keys that are not known. */
const COOL_DOWN_MS = 500;
/** How long a request waits. */
const WAIT_MS = 2_000;
/** The time limit of a read: longer than requests wait, as a slow server may still succeed. */
const READ_MS = 5_000;
/** About 2 MB. */
const MAX_CACHED = 10_000;

/** Not an error, as gateways use the header for keys of their own: the sender is anonymous (contract 6.2). */
const OTHER: Identification & { kind: "refused" } = {
  kind: "refused",
  reason: "api_key",
  message: `X-Api-Key has no key of this service, which begins with ${PREFIX}`,
};
const UNVERIFIED: Identification = { kind: "unverified", credential: "key" };

const logger = getLogger(["sluice", "api_keys"]);

/** Tells keys from what is none. */
export class KnownKeys {
  readonly #options: KnownKeysOptions;
  readonly #snapshot: KeySnapshot;
  readonly #warnings: LogLimit;
  readonly #refusals: LogLimit;
  readonly #arrivals = new FirstArrivals();
  /** By hash. */
  #records: ReadonlyMap<string, KeyRecord> = new Map();
  /** Of keys that are known, as hashing is most of the work. */
  readonly #hashes = new Map<string, string>();
  /** Last uses that are not in Postgres yet, by id: epoch milliseconds. */
  #uses = new Map<string, number>();
  /** When the read of the keys began; -Infinity: they are those of the snapshot, or none. */
  #since = -Infinity;
  #startedAt = -Infinity;
  /** Keys that were read before have changed since. */
  #changedAt = -Infinity;
  #reading: Promise<true> | null = null;
  #saving: Promise<void> = Promise.resolve();
  /** Whether the last read failed, or takes longer than requests wait. */
  #failing = false;

  constructor(options: KnownKeysOptions) {
    this.#options = options;
    this.#snapshot = new KeySnapshot(options.kv);
    this.#warnings = new LogLimit(options.clock);
    this.#refusals = new LogLimit(options.clock);
  }

  /** Says whose key it is. Never throws. */
  async identify(text: string): Promise<Identification> {
    const arrivedAt = this.#now();
    const cached = this.#hashes.get(text);
    if (cached === undefined) {
      if (!text.startsWith(PREFIX)) return this.#refuseOther();
      const fault = findFault(text);
      if (fault !== null) return this.#refuse("mistyped", `${named(text)} is mistyped: ${fault}`);
    }
    const hash = cached ?? hashKey(text);
    await this.#refresh();
    const record = this.#records.get(hash) ?? await this.#lookUp(hash, arrivedAt);
    if (record === null) return UNVERIFIED;
    if (record === undefined) {
      return this.#refuse("unknown", `${named(text)} is unknown: it was never created here`);
    }
    if (record.isRevoked) {
      const name = JSON.stringify(record.name);
      return this.#refuse("revoked", `The API key ${name} (${maskKey(text)}) is revoked`);
    }
    if (cached === undefined) this.#remember(text, hash);
    this.#uses.set(record.id, this.#options.clock.now());
    return { kind: "key", key: record };
  }

  /** Makes the next use of a key wait for a read: to be called when this process has changed one. */
  invalidate(): void {
    this.#changedAt = this.#now();
  }

  /** Writes when keys were last used; once a minute and at the end. */
  async writeUses(): Promise<void> {
    if (this.#uses.size === 0 || this.#failing) return;
    const uses = this.#uses;
    this.#uses = new Map();
    const rows = [...uses].map(([id, ms]) => ({ id, at: new Date(ms).toISOString() }));
    try {
      await this.#options.database.run((sql) => touchApiKeys(sql, rows), READ_MS);
    } catch (error) {
      logger.debug("The last uses of API keys could not be written yet: {error}", { error });
      this.#uses = new Map([...uses, ...this.#uses]);
    }
  }

  /** Ends what is in progress. */
  async close(): Promise<void> {
    await this.#reading;
    await this.#saving;
    await this.writeUses();
  }

  /** Reads the keys again if it is time to; waits for it if they may be outdated. */
  async #refresh(): Promise<void> {
    const now = this.#now();
    const hasChanged = this.#since < this.#changedAt;
    if (now - this.#since < REFRESH_MS && !hasChanged) return;
    if (now - this.#startedAt >= REFRESH_MS || hasChanged) this.#read();
    if (now - this.#since >= STALE_MS || hasChanged) await this.#waitForRead(now);
  }

  /**
   * Looks for a key that is not known: it may be new. A key counts as unknown (`undefined`) only if the keys
   * were read after it first arrived; if they cannot be read, that is not known (`null`).
   */
  async #lookUp(hash: string, arrivedAt: number): Promise<KeyRecord | null | undefined> {
    const since = this.#arrivals.note(hash, arrivedAt);
    while (this.#since < since && !this.#failing && this.#now() - arrivedAt < WAIT_MS) {
      const pause = this.#startedAt + COOL_DOWN_MS - this.#now();
      if (this.#reading !== null || pause <= 0) {
        this.#read();
        await this.#waitForRead(arrivedAt);
      } else await this.#options.clock.sleep(pause);
    }
    return this.#records.get(hash) ?? (this.#since < since ? null : undefined);
  }

  async #waitForRead(since: number): Promise<void> {
    const reading = this.#reading;
    if (reading === null || this.#failing) return;
    const left = since + WAIT_MS - this.#now();
    if (left > 0 && await within(this.#options.clock, left, reading)) return;
    if (this.#reading === reading) this.#fail("no response within 2 s");
  }

  #read(): void {
    if (this.#reading !== null) return;
    this.#startedAt = this.#now();
    this.#reading = this.#replaceKeys().finally(() => this.#reading = null);
  }

  async #replaceKeys(): Promise<true> {
    const since = this.#startedAt;
    if (!this.#snapshot.isLoaded) {
      const records = await this.#snapshot.load();
      if (this.#since === -Infinity) this.#records = byHash(records);
    }
    try {
      const rows = await this.#options.database.run(readApiKeys, READ_MS);
      const records = rows.map(toRecord);
      this.#records = byHash(records);
      this.#since = since;
      if (this.#failing) logger.info("API keys were read from Postgres again");
      this.#failing = false;
      this.#saving = this.#saving.then(() => this.#snapshot.save(records));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  #fail(reason: string): void {
    this.#failing = true;
    this.#warnings.run(() =>
      logger.warn(
        "API keys cannot be read from Postgres: known ones stay in use, and senders with others are " +
          "told to send their events again: {reason}",
        { reason },
      )
    );
  }

  #refuse(reason: KeyRefusal["reason"], message: string): Identification {
    this.#logRefusal({ reason, message });
    return { kind: "key_refused", reason, message };
  }

  #logRefusal({ reason, message }: { readonly reason: string; readonly message: string }): void {
    this.#refusals.run((count) =>
      logger.warn(
        "API keys are not accepted ({count} since the last warning), the latest: {message}",
        { count, reason, message },
      )
    );
  }

  #refuseOther(): Identification {
    this.#options.onRefused?.(OTHER);
    this.#logRefusal(OTHER);
    return OTHER;
  }

  #remember(text: string, hash: string): void {
    if (this.#hashes.size >= MAX_CACHED) this.#hashes.clear();
    this.#hashes.set(text, hash);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

function named(text: string): string {
  return `The API key ${maskKey(text)}`;
}

function byHash(records: readonly KeyRecord[]): Map<string, KeyRecord> {
  return new Map(records.map((record) => [record.hash, record]));
}
