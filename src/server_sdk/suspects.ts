/**
 * Events that were sent alone and got no result: something between here and the service may block
 * them. They are tried one at a time, after all others.
 */

/** Suspects, by the ids of their records. */
export class Suspects {
  readonly #ids = new Set<string>();
  #dueAt = 0;

  /** Their ids; the next to be tried is first. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** When the next one is to be tried; `null` if there are none. */
  get dueAt(): number | null {
    return this.#ids.size === 0 ? null : this.#dueAt;
  }

  /** Adds one, or notes that it failed again; returns whether it was known. */
  add(id: string, dueAt: number): boolean {
    const isKnown = this.#ids.delete(id);
    this.#ids.add(id);
    this.#dueAt = dueAt;
    return isKnown;
  }

  /** One of them passed, which says that the others may pass, too. */
  clearIfAny(ids: readonly string[]): void {
    if (ids.some((id) => this.#ids.has(id))) this.#ids.clear();
  }
}
