/**
 * The flush lease: one flusher at a time across all processes (contract 8.2).
 *
 * The lease is an entry in KV with an owner and an expiry. Every flush commit checks the entry's
 * versionstamp, so a flusher that lost its lease, for example in a long pause, fails instead of counting
 * events twice.
 */

import type { Clock } from "../clock.ts";
import { noteDamage } from "../kv/damage.ts";
import { FLUSH_LEASE } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";

/** How long a lease lasts without renewal. */
export const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** How far two machines' clocks may differ. */
const CLOCK_SKEW_MS = 5_000;

interface LeaseValue {
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A lease held by this process. Renews itself until it is released. */
export class Lease {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #owner: string;
  #versionstamp: string;
  #cancelRenewal = () => {};
  #released = false;
  /** Renewals and commits both move the versionstamp, so they take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(kv: Kv, clock: Clock, owner: string, versionstamp: string) {
    this.#kv = kv;
    this.#clock = clock;
    this.#owner = owner;
    this.#versionstamp = versionstamp;
    this.#scheduleRenewal();
  }

  /** Acquires the lease; `null` if another flusher holds it. */
  static async acquire(kv: Kv, clock: Clock, owner: string): Promise<Lease | null> {
    const entry = await kv.get<LeaseValue>(FLUSH_LEASE);
    if (isHeld(entry.value, clock)) return null;
    const isRead = entry.versionstamp === null || Number.isFinite(entry.value?.expiresAt);
    if (!isRead) noteDamage(kv, "lease", FLUSH_LEASE);
    const value: LeaseValue = { owner, expiresAt: clock.now() + LEASE_MS };
    const result = await kv.atomic()
      .check(entry)
      .set(FLUSH_LEASE, value, { expireIn: LEASE_MS })
      .commit();
    return result.ok ? new Lease(kv, clock, owner, result.versionstamp) : null;
  }

  /** Commits the operation that `build` fills and renews the lease; false if the lease was lost. */
  async commit(build: (operation: AtomicOperation) => void): Promise<boolean> {
    const result = this.#turn.then(async () => {
      const operation = this.#kv.atomic();
      build(operation);
      const value: LeaseValue = { owner: this.#owner, expiresAt: this.#clock.now() + LEASE_MS };
      const commit = await operation
        .check({ key: FLUSH_LEASE, versionstamp: this.#versionstamp })
        .set(FLUSH_LEASE, value, { expireIn: LEASE_MS })
        .commit();
      if (commit.ok) this.#versionstamp = commit.versionstamp;
      return commit.ok;
    });
    this.#turn = result.catch(() => {});
    return await result;
  }

  /** Releases the lease. A lease that was lost stays with its new owner. */
  async release(): Promise<void> {
    this.#released = true;
    this.#cancelRenewal();
    await this.#turn;
    await this.#kv.atomic()
      .check({ key: FLUSH_LEASE, versionstamp: this.#versionstamp })
      .delete(FLUSH_LEASE)
      .commit();
  }

  #scheduleRenewal(): void {
    this.#cancelRenewal = this.#clock.after(RENEW_MS, async () => {
      const held = await this.commit(() => {}).catch(() => true);
      if (held && !this.#released) this.#scheduleRenewal();
    });
  }
}

/** Whether any process holds the lease: `isProcessing` (contract 8.2). */
export async function isLeaseHeld(kv: Kv, clock: Clock): Promise<boolean> {
  const { value } = await kv.get<LeaseValue>(FLUSH_LEASE);
  return isHeld(value, clock);
}

/** Ignores an expiry too far away: it was written before the clock was set back, and would stop all flushes. */
function isHeld(lease: Partial<LeaseValue> | null | undefined, clock: Clock): boolean {
  const left = (lease?.expiresAt ?? NaN) - clock.now();
  return left > 0 && left <= LEASE_MS + CLOCK_SKEW_MS;
}
