/** Bounds how many bytes are held at a time, over all requests. */

/** A number of bytes that requests take from and give back to. */
export class ByteBudget {
  /** How many bytes there are in all. */
  readonly limit: number;
  #held = 0;

  /** @param limit how many bytes may be held at a time */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** The bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** Takes bytes. @returns false if there are not as many left; none are taken then */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    this.#held -= bytes;
  }
}
