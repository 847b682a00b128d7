/**
 * Keeps a session from sending two distinct events that the service would deduplicate. Events without a
 * session need no guard: their content tells them apart.
 */

import type { Draft } from "./types.ts";

/** The fingerprints of one session without content, as far as a client can predict them (contract 5.1). */
export class DedupGuard {
  /** Seconds in use, by type and entity; `null` if the event is dated by its time of receipt. */
  readonly #used = new Map<string, Set<number> | null>();

  /**
   * Returns whether the service will see the event as new, and if so records it as sent.
   *
   * @param occurredAtMs the event's own time; `null` if it is dated by its time of receipt
   */
  admits({ eventType, entity }: Draft, occurredAtMs: number | null): boolean {
    const key = `${eventType} ${entity?.id ?? ""}`;
    const seconds = this.#used.get(key);
    if (occurredAtMs === null) {
      // The time of receipt is unknown here, so it could collide with any other.
      if (seconds !== undefined) return false;
      this.#used.set(key, null);
      return true;
    }
    const second = Math.round(occurredAtMs / 1000);
    if (seconds === null || seconds?.has(second)) return false;
    if (seconds === undefined) this.#used.set(key, new Set([second]));
    else seconds.add(second);
    return true;
  }
}
