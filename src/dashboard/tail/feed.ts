/** The rows of the live tail: newest first, each event once, bounded. */

import type { ListedEvent, TailUpdate } from "../../admin/schema/events.ts";

/** Maximum number of rows. */
export const MAX_ROWS = 200;
/** Ids remembered to drop events that arrive twice. */
const MAX_IDS = 1_000;

/** The rows that the tail displays, and the state of the pause. */
export interface FeedState {
  readonly rows: readonly ListedEvent[];
  readonly isPaused: boolean;
  /** Events received since the pause began. */
  readonly waiting: number;
  /** The latest update left events out. */
  readonly more: boolean;
}

/** A feed without events. */
export const EMPTY: FeedState = { rows: [], isPaused: false, waiting: 0, more: false };

/** Collects updates; while paused, new events are counted but not displayed. */
export class Feed {
  readonly #known = new Set<string>();
  #rows: readonly ListedEvent[] = [];
  #held: readonly ListedEvent[] = [];
  #waiting = 0;
  #isPaused = false;
  #more = false;

  /** Adds the events of an update. @returns whether any of them is new */
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
      this.#held = merge(this.#held, fresh);
      this.#waiting += fresh.length;
    } else {
      this.#rows = merge(this.#rows, fresh);
    }
    return true;
  }

  /** Holds new events back. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Displays the events held back, and new ones again. */
  resume(): void {
    this.#rows = merge(this.#rows, this.#held);
    this.#held = [];
    this.#waiting = 0;
    this.#isPaused = false;
  }

  /** The current state. */
  get state(): FeedState {
    return {
      rows: this.#rows,
      isPaused: this.#isPaused,
      waiting: this.#waiting,
      more: this.#more,
    };
  }
}

/** Sorts by id: UUIDs of version 7 are ordered by time. */
function merge(known: readonly ListedEvent[], fresh: readonly ListedEvent[]): ListedEvent[] {
  return [...known, ...fresh]
    .sort((a, b) => a.eventId < b.eventId ? 1 : -1)
    .slice(0, MAX_ROWS);
}
