/** Bounds the queue: who finds it full waits for a place, first come, first served. */

/** Limits of a queue. */
export interface Limits {
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  readonly maxWaiting: number;
}

interface Waiting {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The places of a queue. */
export class Capacity {
  readonly #limits: Limits;
  #waiting: Waiting[] = [];
  #events = 0;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Events in the queue. */
  get events(): number {
    return this.#events;
  }

  /** Their size. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a place; returns false if there is none, or if others wait for one. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.add(1, bytes);
    return true;
  }

  /** Waits for a place and takes it; `null` if too many wait already. */
  waitAndTake(bytes: number): Promise<void> | null {
    if (this.#waiting.length >= this.#limits.maxWaiting) return null;
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  /** Adds events that are in the queue anyway, even beyond the limits. */
  add(events: number, bytes: number): void {
    this.#events += events;
    this.#bytes += bytes;
  }

  /** Gives places back. */
  release(events: number, bytes: number): void {
    this.add(-events, -bytes);
    for (let next; (next = this.#waiting[0]) !== undefined && this.#fits(next.bytes);) {
      this.#waiting.shift();
      this.add(1, next.bytes);
      next.resolve();
    }
  }

  /** Turns away all who wait. */
  rejectWaiting(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** An event that is larger than the queue fits into an empty one. */
  #fits(bytes: number): boolean {
    const { maxQueued, maxQueuedBytes } = this.#limits;
    return this.#events === 0 ||
      this.#events < maxQueued && this.#bytes + bytes <= maxQueuedBytes;
  }
}
