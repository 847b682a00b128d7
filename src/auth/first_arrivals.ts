/** Remembers when tokens that no key verifies first arrived. */

/** About 1 MB. A token that is forgotten counts as new when it comes back. */
const MAX_REMEMBERED = 10_000;

/** The times of first arrivals; beyond a number of them, the earliest are forgotten. */
export class FirstArrivals {
  readonly #times = new Map<string, number>();

  /** The time at which `name` first arrived: `now`, unless an earlier one is remembered. */
  note(name: string, now: number): number {
    const known = this.#times.get(name);
    if (known !== undefined) return known;
    this.#times.set(name, now);
    if (this.#times.size > MAX_REMEMBERED) {
      for (const earliest of this.#times.keys()) {
        this.#times.delete(earliest);
        break;
      }
    }
    return now;
  }
}
