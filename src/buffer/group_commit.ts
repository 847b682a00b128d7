/**
 * Group commit, as in databases: events that arrive while a commit is in flight share the next one.
 * An idle service commits at once; a busy one commits a group at a time.
 *
 * Measured: 2,500–3,000 events/s with one event a commit, at any concurrency; 24,000–32,000 with 95
 * events in one segment; 10,000 with a key for each of 95.
 */

import { getLogger } from "@logtape/logtape";
import type { BufferOutcome } from "../events/outcome.ts";
import type { AcceptedEvent, DedupKey } from "../events/types.ts";
import type { Claim } from "../kv/claim.ts";
import type { KvLimits } from "../kv/limits.ts";
import type { Backlog } from "./backlog.ts";
import { CommitWait } from "./commit_wait.ts";
import { Committer, type CommitterOptions } from "./committer.ts";
import { outcomeOfDuplicate, toDedupText } from "./duplicates.ts";
import type { Pending } from "./pending.ts";
import { RecentFingerprints } from "./recent.ts";
import { Retries } from "./retries.ts";

/** Options of `GroupCommit`. */
export interface GroupCommitOptions extends Omit<CommitterOptions, "onCommitted" | "seen"> {
  readonly backlog: Backlog;
  /** Milliseconds that an event may be expected to wait for its commit; else it is rejected. */
  readonly maxWaitMs: number;
  /** UTF-16 units of events that may wait for a commit; more are rejected. */
  readonly maxWaitingLength: number;
  /** Called after each commit with the number of events that are buffered now. */
  readonly onBuffered: (total: number) => void;
  /** Called with each group: its number of events, and the duration of its commit. */
  readonly onGroup?: (events: number, seconds: number) => void;
}

const RECENT_FINGERPRINTS = 100_000;

const logger = getLogger(["sluice", "buffer"]);

/** Appends events to the durable buffer. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #committer: Committer;
  readonly #recent: RecentFingerprints;
  readonly #waiting: Pending[] = [];
  /** Resolves promises whose outcomes are known. */
  #resolvers: (() => void)[] = [];
  #waitingLength = 0;
  /** Events of the group being committed that the backlog does not include yet. */
  #committing = 0;
  #running: Promise<void> | null = null;
  #opening: Promise<void> | null = null;
  readonly #wait: CommitWait;
  readonly #retries: Retries;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    const { clock, maxWaitMs, limits: { groupSize } } = options;
    this.#wait = new CommitWait({ clock, maxWaitMs, groupSize });
    this.#retries = new Retries(clock);
    this.#recent = new RecentFingerprints({
      clock: options.clock,
      ttlMs: options.deduplicationTtlMs,
      capacity: options.limits.claimLog ? Infinity : RECENT_FINGERPRINTS,
    });
    this.#committer = new Committer({
      ...options,
      seen: this.#recent,
      onCommitted: (group) => {
        this.#committing -= group.length;
        options.backlog.add(group.length);
        options.onBuffered(options.backlog.size);
      },
    });
  }

  /**
   * Reads the recent fingerprints, which takes a second for a million, and idempotency keys, for two
   * seconds at most; events appended meanwhile wait. If it fails, or a commit is under way already, the
   * first commit reads them.
   */
  open(): Promise<void> {
    if (this.#running !== null) return this.#opening ?? Promise.resolve();
    return this.#opening ??= this.#committer.open()
      .catch((error) => logger.warn("Cannot read recent claims yet: {error}", { error }))
      .finally(() => this.#opening = null);
  }

  /** Whether `open()` is still reading. */
  get isOpening(): boolean {
    return this.#opening !== null;
  }

  /**
   * Makes an event durable. Resolves after the commit that holds it, never before.
   *
   * Capacity is not checked here: the caller calls `checkOverload()` first, in the same turn of the event
   * loop, so that no other event can take the capacity in between.
   */
  append(event: AcceptedEvent): Promise<BufferOutcome> {
    const { promise, resolve } = Promise.withResolvers<BufferOutcome>();
    const pending: Pending = {
      event,
      settle: (outcome) => {
        this.#resolvers.push(() => resolve(outcome));
        if (pending.duplicates !== null) this.#settleDuplicates(pending, outcome);
      },
      expected: null,
      duplicates: null,
    };
    this.#waiting.push(pending);
    this.#waitingLength += event.line.length;
    this.#running ??= this.#run();
    return promise;
  }

  /** The claim of an idempotency key, `null` if there is none in KV. */
  findClaim(key: string): Promise<Claim | null> {
    return this.#committer.findClaim(key);
  }

  /** Resolves when `open()` is done and no event waits for a commit. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.#running;
  }

  /** Returns `null` if one more event may be appended, else why events are rejected now. */
  checkOverload(): BufferOutcome | null {
    const { backlog, maxWaitingLength } = this.#options;
    const waiting = this.#waiting.length;
    const isFull = this.#waitingLength >= maxWaitingLength;
    const excessSeconds = isFull ? 1 : this.#wait.excessSeconds(waiting);
    if (excessSeconds !== null) {
      const { perSecond } = this.#wait;
      return {
        kind: "overloaded",
        message: `Too many events are waiting for a commit (${waiting})`,
        retryAfterSeconds: this.#retries.assign(excessSeconds * perSecond, perSecond),
      };
    }
    const retryAfterSeconds = backlog.assignRetry(waiting + this.#committing);
    if (retryAfterSeconds === null) return null;
    return {
      kind: "overloaded",
      message: "The buffer is full (MAX_BUFFERED_EVENTS)",
      retryAfterSeconds,
    };
  }

  async #run(): Promise<void> {
    // Always waits a turn of the event loop, so that the events of a batch share a commit.
    await this.#opening;
    while (this.#waiting.length > 0) {
      const before = this.#waiting.length;
      const group = this.#nextGroup();
      this.#wait.onStart(before - this.#waiting.length, this.#waiting.length);
      this.#committing = group.length;
      const committing = this.#committer.commit(group).catch((error) => {
        logger.error("Failed to commit a group of {events} events: {error}", {
          error,
          events: group.length,
        });
        // Events that are settled already keep their outcomes.
        for (const { settle } of group) settle({ kind: "failed", error });
      });
      // After the commit is sent, so that KV works while the requests of the previous group are answered.
      this.#resolveSettled();
      await committing;
      this.#committing = 0; // duplicates in it were never added to the backlog
      const ms = this.#wait.onEnd();
      if (group.length > 0) this.#options.onGroup?.(group.length, ms / 1000);
    }
    this.#running = null;
    this.#resolveSettled();
  }

  #resolveSettled(): void {
    const resolvers = this.#resolvers;
    this.#resolvers = [];
    for (const resolve of resolvers) resolve();
  }

  /** Takes a group from the front. Duplicates within it leave with their first. */
  #nextGroup(): Pending[] {
    const { limits, clock } = this.#options;
    const group: Pending[] = [];
    const firsts = new Map<string, Pending>();
    let taken = 0;
    let claims = 0;
    for (const pending of this.#waiting) {
      if (group.length >= limits.groupSize || claims >= limits.claimsPerCommit) break;
      taken += 1;
      this.#waitingLength -= pending.event.line.length;
      const { dedupKey } = pending.event;
      const text = toDedupText(dedupKey);
      const first = text === null ? undefined : firsts.get(text);
      if (this.#recent.has(dedupKey, clock.now())) pending.settle({ kind: "duplicate" });
      else if (first !== undefined) (first.duplicates ??= []).push(pending);
      else {
        if (text !== null) firsts.set(text, pending);
        if (claimsKey(dedupKey, limits)) claims += 1;
        group.push(pending);
      }
    }
    this.#waiting.splice(0, taken);
    return group;
  }

  /** Settles the duplicates of an event with it. Where its outcome says nothing of theirs, they wait again. */
  #settleDuplicates(first: Pending, outcome: BufferOutcome): void {
    const duplicates = first.duplicates ?? [];
    first.duplicates = null;
    for (const duplicate of duplicates) {
      const own = outcomeOfDuplicate(first.event, outcome, duplicate.event);
      if (own !== null) duplicate.settle(own);
      else {
        this.#waiting.push(duplicate);
        this.#waitingLength += duplicate.event.line.length;
      }
    }
  }
}

function claimsKey(dedupKey: DedupKey, { claimLog }: KvLimits): boolean {
  return !claimLog && dedupKey.by !== "nothing";
}
