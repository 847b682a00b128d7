/** Counts the outcomes of events that were not accepted, and adds them to the counters in KV. */

import type { Clock } from "../clock.ts";
import { type OutcomeKind, OUTCOMES } from "../events/outcome.ts";
import { addToCounters, type Counter } from "../kv/counter.ts";
import type { Kv } from "../kv/port.ts";

/** Options of `Ledger`. */
export interface LedgerOptions {
  readonly kv: Kv;
  readonly clock: Pick<Clock, "after">;
}

const WRITE_MS = 2_000;

/** Collects counts for two seconds, then writes them: these outcomes have no commit that counts them. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #counts = new Map<Counter, number>();
  #cancel: (() => void) | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Counts an outcome. */
  add(kind: OutcomeKind): void {
    const { counter } = OUTCOMES[kind];
    if (counter === "accepted") return; // counted by the commit that accepts it
    this.#add(counter, 1);
    this.#cancel ??= this.#options.clock.after(WRITE_MS, () => this.write());
  }

  /** Adds the collected counts to KV in one commit. Never rejects: if it fails, the next call adds them. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const counts = [...this.#counts];
    if (counts.length === 0) return;
    this.#counts.clear();
    const operation = this.#options.kv.atomic();
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    addToCounters(operation, { ...Object.fromEntries(counts), not_accepted: total });
    try {
      await operation.commit();
    } catch {
      // If it was applied all the same, both sides of the equation are too high by the same number.
      for (const [counter, count] of counts) this.#add(counter, count);
    }
  }

  #add(counter: Counter, count: number): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + count);
  }
}
