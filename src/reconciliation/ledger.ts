/** What this process has turned away, on its way to the reconciliation. */

import type { Clock } from "../clock.ts";
import { type OutcomeKind, OUTCOMES } from "../events/outcome.ts";
import { addToCounter, type Counter } from "../kv/counter.ts";
import type { Kv } from "../kv/port.ts";

/** What a ledger is made of. */
export interface LedgerOptions {
  readonly kv: Kv;
  readonly clock: Pick<Clock, "after">;
}

const WRITE_MS = 2_000;

/** Collects for a few seconds what no commit of its own reconciliation. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #open = new Map<Counter, number>();
  #cancel: (() => void) | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Notes how an event ended. */
  note(kind: OutcomeKind): void {
    const { counter } = OUTCOMES[kind];
    if (counter === "accepted") return; // counted by the commit itself
    this.#open.set(counter, (this.#open.get(counter) ?? 0) + 1);
    this.#cancel ??= this.#options.clock.after(WRITE_MS, () => this.write());
  }

  /** Reconciliation what was noted, in one commit. What KV does not take is noted again. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const noted = [...this.#open];
    if (noted.length === 0) return;
    this.#open.clear();
    const operation = this.#options.kv.atomic();
    for (const [counter, count] of noted) {
      addToCounter(operation, counter, count);
      addToCounter(operation, "turned_away", count);
    }
    try {
      await operation.commit();
    } catch {
      // Perhaps it was booked: a number too many on either side, and no difference between them.
      for (const [counter, count] of noted) {
        this.#open.set(counter, (this.#open.get(counter) ?? 0) + count);
      }
    }
  }
}
