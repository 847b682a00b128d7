/**
 * The flush lease: one flusher at a time across all processes (contract 8.2).
 *
 * The lease is an entry in KV with an owner and an expiry. Every flush commit checks the entry's
 * versionstamp, so a flusher that lost its lease, by a long pause say, fails instead of counting twice.
 */

import type { Clock } from "../clock.ts";
import { FLUSH_LEASE } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";

/** How long a lease holds without being renewed. */
export const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** How far the clocks of two machines may be apart. */
const CLOCK_SKEW_MS = 5_000;

interface LeaseValue {
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A lease in this process's hand. Renews itself until it is released. */
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

  /** Takes the lease, or `null` where somebody holds it. */
  static async acquire(kv: Kv, clock: Clock, owner: string): Promise<Lease | null> {
    const entry = await kv.get<LeaseValue>(FLUSH_LEASE);
    if (isHeld(entry.value, clock)) return null;
    const value: LeaseValue = { owner, expiresAt: clock.now() + LEASE_MS };
    const result = await kv.atomic()
      .check(entry)
      .set(FLUSH_LEASE, value, { expireIn: LEASE_MS })
      .commit();
    return result.ok ? new Lease(kv, clock, owner, result.versionstamp) : null;
  }

  /** Commits what `build` puts into an operation, if the lease is still held; renews it as well. */
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

  /** Gives the lease back. A lease that was lost stays with whoever has it. */
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

/** Whether anybody holds the lease now: `isProcessing` (contract 8.2). */
export async function isLeaseHeld(kv: Kv, clock: Clock): Promise<boolean> {
  const { value } = await kv.get<LeaseValue>(FLUSH_LEASE);
  return isHeld(value, clock);
}

/** An expiry too far away was written before the clock was set back; nobody would flush until then. */
function isHeld(lease: LeaseValue | null, clock: Clock): boolean {
  if (lease === null) return false;
  const left = lease.expiresAt - clock.now();
  return left > 0 && left <= LEASE_MS + CLOCK_SKEW_MS;
}
