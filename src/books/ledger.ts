/** What this process has turned away, on its way to the books. */

import type { Clock } from "../clock.ts";
import type { OutcomeKind } from "../events/outcome.ts";
import { type Account, post } from "../kv/counter.ts";

/** What a ledger is made of. */
export interface LedgerOptions {
  readonly kv: Deno.Kv;
  readonly clock: Pick<Clock, "after">;
}

const POST_MS = 2_000;

/** Where each outcome is booked; what is accepted, the commit itself books. */
const ACCOUNT_OF: Readonly<Record<OutcomeKind, Account | null>> = {
  accepted: null,
  duplicate: "duplicates",
  replayed: "duplicates",
  conflict: "rejected",
  invalid: "rejected",
  refused: "rejected",
  too_large: "rejected",
  limited: "rejected",
  overloaded: "rejected",
  unavailable: "rejected",
  failed: "rejected",
};

/** Collects for a few seconds what no commit of its own books. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #open = new Map<Account, number>();
  #cancel: (() => void) | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Notes how an event ended. */
  note(kind: OutcomeKind): void {
    const account = ACCOUNT_OF[kind];
    if (account === null) return;
    this.#open.set(account, (this.#open.get(account) ?? 0) + 1);
    this.#cancel ??= this.#options.clock.after(POST_MS, () => this.post());
  }

  /** Books what was noted, in one commit. What KV does not take is noted again. */
  async post(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const noted = [...this.#open];
    if (noted.length === 0) return;
    this.#open.clear();
    const operation = this.#options.kv.atomic();
    for (const [account, count] of noted) {
      post(operation, account, count);
      post(operation, "turned_away", count);
    }
    try {
      await operation.commit();
    } catch {
      // Perhaps it was booked: a number too many on either side, and no difference between them.
      for (const [account, count] of noted) {
        this.#open.set(account, (this.#open.get(account) ?? 0) + count);
      }
    }
  }
}
