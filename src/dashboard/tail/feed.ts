/** The events that the tail shows: the newest first, each once, and never more than fit. */

import type { ListedEvent, TailUpdate } from "../../admin/schema.ts";

/** Rows at the most. */
export const MAX_ROWS = 200;
/** Ids that are remembered, so that what comes twice is shown once. */
const MAX_IDS = 1_000;

/** What a feed shows. */
export interface Shown {
  readonly rows: readonly ListedEvent[];
  readonly isPaused: boolean;
  /** Events that came since the pause began, at least. */
  readonly waiting: number;
  /** There were more than were shown. */
  readonly more: boolean;
}

/** Nothing yet. */
export const EMPTY: Shown = { rows: [], isPaused: false, waiting: 0, more: false };

/** Keeps them. */
export class Feed {
  readonly #known = new Set<string>();
  #rows: readonly ListedEvent[] = [];
  #held: readonly ListedEvent[] = [];
  #waiting = 0;
  #isPaused = false;
  #more = false;

  /** Takes news in. @returns whether any was new */
  add({ events, more }: TailUpdate): boolean {
    const fresh = events.filter(({ eventId }) => !this.#known.has(eventId));
    if (fresh.length === 0) return false;
    for (const { eventId } of fresh) this.#known.add(eventId);
    for (const id of this.#known) {
      if (this.#known.size <= MAX_IDS) break;
      this.#known.delete(id);
    }
    this.#more = more;
    if (this.#isPaused) {
      this.#held = merged(this.#held, fresh);
      this.#waiting += fresh.length;
    } else {
      this.#rows = merged(this.#rows, fresh);
    }
    return true;
  }

  /** Holds what comes from now on back. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Shows what was held back, and what comes. */
  resume(): void {
    this.#rows = merged(this.#rows, this.#held);
    this.#held = [];
    this.#waiting = 0;
    this.#isPaused = false;
  }

  /** What to show now. */
  get shown(): Shown {
    return {
      rows: this.#rows,
      isPaused: this.#isPaused,
      waiting: this.#waiting,
      more: this.#more,
    };
  }
}

/** Ids are of UUID version 7, and so ordered by time. */
function merged(known: readonly ListedEvent[], fresh: readonly ListedEvent[]): ListedEvent[] {
  return [...known, ...fresh]
    .sort((a, b) => a.eventId < b.eventId ? 1 : -1)
    .slice(0, MAX_ROWS);
}
