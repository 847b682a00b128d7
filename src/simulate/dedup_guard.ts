/** Keeps a session from making two events that the service would rightly take for one. */

import type { Draft } from "./types.ts";

/** The fingerprints of one session, so far as a client can know them (contract 5.1). */
export class DedupGuard {
  /** The seconds taken by type and entity; `null` where the time of receipt decides. */
  readonly #taken = new Map<string, Set<number> | null>();

  /**
   * Whether the service will take the event for a new one; then it counts as sent.
   *
   * @param occurredAtMs its own time, or `null` where it gets the time of receipt
   */
  admits({ eventType, entity }: Draft, occurredAtMs: number | null): boolean {
    const key = `${eventType} ${entity?.id ?? ""}`;
    const seconds = this.#taken.get(key);
    if (occurredAtMs === null) {
      // A time of receipt is not known here: it never stands beside another.
      if (seconds !== undefined) return false;
      this.#taken.set(key, null);
      return true;
    }
    const second = Math.round(occurredAtMs / 1000);
    if (seconds === null || seconds?.has(second)) return false;
    if (seconds === undefined) this.#taken.set(key, new Set([second]));
    else seconds.add(second);
    return true;
  }
}
