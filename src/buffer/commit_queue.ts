/** Events that wait for a commit, in the order of their arrival, and what leaves with the next one. */

import type { BufferOutcome } from "../events/outcome.ts";
import type { KvLimits } from "../kv/limits.ts";
import { outcomeOfDuplicate, toDedupText } from "./duplicates.ts";
import type { Pending } from "./pending.ts";

/** Options of `CommitQueue`. */
export interface CommitQueueOptions {
  readonly limits: Pick<KvLimits, "groupSize" | "claimsPerCommit" | "claimLog">;
  /** Whether the fingerprint of an event is certainly taken. */
  readonly isTaken: (pending: Pending) => boolean;
}

/**
 * The queue. Of the events with one dedup key one is committed at a time, however many commits are in
 * flight. The others wait for its outcome, which decides theirs.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #waiting: Pending[] = [];
  /**
   * The groups being committed, and their events by dedup key. One map for all, from which each event is
   * removed, costs 0.8 µs more an event.
   */
  readonly #committing = new Map<readonly Pending[], ReadonlyMap<string, Pending>>();
  /** Events that wait for the outcome of a first. */
  #duplicates = 0;
  #length = 0;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Events that wait, for a commit or for the outcome of another event. */
  get size(): number {
    return this.#waiting.length + this.#duplicates;
  }

  /** Their UTF-16 units, and those of the events being committed. */
  get length(): number {
    return this.#length;
  }

  /** Events that wait for a commit. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Adds an event. Call `onSettled` with it when it is settled and has duplicates. */
  push(pending: Pending): void {
    this.#waiting.push(pending);
    this.#length += pending.event.line.length;
  }

  /**
   * Takes a group from the front; known duplicates are settled. Call `onCommitted` with it when its commit
   * has ended, unless it is empty.
   */
  takeGroup(): Pending[] {
    const { limits, isTaken } = this.#options;
    const group: Pending[] = [];
    const firsts = new Map<string, Pending>();
    this.#committing.set(group, firsts);
    let taken = 0;
    let claims = 0;
    for (const pending of this.#waiting) {
      if (group.length >= limits.groupSize || claims >= limits.claimsPerCommit) break;
      taken += 1;
      const { dedupKey, line } = pending.event;
      const text = toDedupText(dedupKey);
      const first = text === null ? undefined : this.#findFirst(text);
      if (first !== undefined) {
        (first.duplicates ??= []).push(pending);
        this.#duplicates += 1;
        continue;
      }
      if (isTaken(pending)) {
        this.#length -= line.length;
        pending.settle({ kind: "duplicate" });
      } else {
        if (text !== null) firsts.set(text, pending);
        if (!limits.claimLog && text !== null) claims += 1;
        group.push(pending);
      }
    }
    this.#waiting.splice(0, taken);
    if (group.length === 0) this.#committing.delete(group);
    return group;
  }

  /** Forgets a group. */
  onCommitted(group: readonly Pending[]): void {
    this.#committing.delete(group);
    for (const { event } of group) this.#length -= event.line.length;
  }

  /** Settles the duplicates of an event with it. Where its outcome says nothing of theirs, they wait again. */
  onSettled(first: Pending, outcome: BufferOutcome): void {
    const duplicates = first.duplicates ?? [];
    first.duplicates = null;
    this.#duplicates -= duplicates.length;
    for (const duplicate of duplicates) {
      this.#length -= duplicate.event.line.length;
      const own = outcomeOfDuplicate(first.event, outcome, duplicate.event);
      if (own !== null) duplicate.settle(own);
      else this.push(duplicate);
    }
  }

  /** The event with a dedup key whose outcome is not known yet. */
  #findFirst(text: string): Pending | undefined {
    for (const firsts of this.#committing.values()) {
      const first = firsts.get(text);
      if (first !== undefined && !first.isSettled) return first;
    }
    return undefined;
  }
}
