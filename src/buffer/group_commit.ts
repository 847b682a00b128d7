/**
 * Group commit: events that arrive while a commit is in flight share the next one, as databases do it.
 * An idle service commits at once; a busy one commits a group at a time.
 *
 * Measured: one event a commit 2,500–3,000 events/s, whatever the concurrency; 95 as one segment
 * 24,000–32,000; 95 as one key each 10,000.
 */

import { getLogger } from "@logtape/logtape";
import type { Buffered } from "../events/outcome.ts";
import type { AcceptedEvent, DedupKey } from "../events/types.ts";
import type { KvLimits } from "../kv/limits.ts";
import type { Backlog } from "./backlog.ts";
import { Committer, type CommitterOptions } from "./committer.ts";
import type { Pending } from "./pending.ts";
import { RecentFingerprints } from "./recent.ts";

/** What the buffer is made of. */
export interface GroupCommitOptions extends Omit<CommitterOptions, "onCommitted" | "seen"> {
  readonly backlog: Backlog;
  /** Events that may wait for a commit before new ones are turned away. */
  readonly maxWaiting: number;
  /** Called after each commit, with the number of events that are buffered now. */
  readonly onBuffered: (total: number) => void;
  /** Called with each group: its events, and how long its commit took. */
  readonly onGroup?: (events: number, seconds: number) => void;
}

const RECENT_FINGERPRINTS = 100_000;
const MAX_RETRY_SECONDS = 60;
/** What may wait for a commit, in UTF-16 units: about 64 MB. */
const MAX_WAITING_LENGTH = 32 * 1024 * 1024;

const logger = getLogger(["sluice", "buffer"]);

/** The durable buffer's entrance. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #committer: Committer;
  readonly #recent: RecentFingerprints;
  readonly #waiting: Pending[] = [];
  /** Answers that are known and not given yet. */
  #answers: (() => void)[] = [];
  #waitingLength = 0;
  /** Events of the group that is being committed, as far as they are not counted by the backlog. */
  #underway = 0;
  #running: Promise<void> | null = null;
  #opening: Promise<void> | null = null;
  #committedPerSecond = 0;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#recent = new RecentFingerprints({
      clock: options.clock,
      ttlMs: options.deduplicationTtlMs,
      capacity: options.limits.fingerprintLog ? Infinity : RECENT_FINGERPRINTS,
    });
    this.#committer = new Committer({
      ...options,
      seen: this.#recent,
      onCommitted: (group) => {
        this.#underway -= group.length;
        options.backlog.add(group.length);
        options.onBuffered(options.backlog.size);
      },
    });
  }

  /**
   * Reads what was committed lately, a second for a million events; those that come meanwhile wait. What
   * cannot be read now, the first commit finds missing, and so does one that is under way already.
   */
  open(): Promise<void> {
    if (this.#running !== null) return this.#opening ?? Promise.resolve();
    return this.#opening ??= this.#committer.open()
      .catch((error) => logger.warn("What was buffered lately cannot be read: {error}", { error }))
      .finally(() => this.#opening = null);
  }

  /** Whether that is being read. */
  get isOpening(): boolean {
    return this.#opening !== null;
  }

  /**
   * Makes an event durable. Resolves after the commit that holds it, never before.
   *
   * Capacity is not checked here: the caller asks `overload()` first, in the same turn, so that no other
   * event comes between.
   */
  append(event: AcceptedEvent): Promise<Buffered> {
    const { promise, resolve } = Promise.withResolvers<Buffered>();
    const answer = (buffered: Buffered) => void this.#answers.push(() => resolve(buffered));
    this.#waiting.push({ event, answer, expected: null });
    this.#waitingLength += event.line.length;
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when nothing is read, and nothing waits for a commit any more. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.#running;
  }

  /** Why any event has to be turned away at this moment; `null` where one more may be appended. */
  overload(): Buffered | null {
    const { backlog, maxWaiting } = this.#options;
    const waiting = this.#waiting.length;
    if (waiting >= maxWaiting || this.#waitingLength >= MAX_WAITING_LENGTH) {
      const seconds = Math.ceil(waiting / Math.max(this.#committedPerSecond, 1));
      return {
        kind: "overloaded",
        message: `Too many events wait to be buffered (${waiting})`,
        retryAfterSeconds: Math.min(MAX_RETRY_SECONDS, seconds),
      };
    }
    const retryAfterSeconds = backlog.retryAfterSeconds(waiting + this.#underway);
    if (retryAfterSeconds === null) return null;
    return {
      kind: "overloaded",
      message: "The buffer is full (MAX_BUFFERED_EVENTS)",
      retryAfterSeconds,
    };
  }

  async #run(): Promise<void> {
    // Also where there is nothing to wait for: events of one batch, appended in the same turn, share a commit.
    await this.#opening;
    while (this.#waiting.length > 0) {
      const startedAt = performance.now();
      const group = this.#nextGroup();
      this.#underway = group.length;
      const committing = this.#committer.commit(group).catch((error) => {
        logger.error("A group of {events} events failed: {error}", { error, events: group.length });
        // Those that were answered before stay answered.
        for (const { answer } of group) answer({ kind: "failed", error });
      });
      // Only now, so that KV is at work while the requests of the group before are answered.
      this.#giveAnswers();
      await committing;
      this.#underway = 0; // of which duplicates are no part any more
      const seconds = (performance.now() - startedAt) / 1000;
      if (group.length > 0) this.#options.onGroup?.(group.length, seconds);
      const perSecond = group.length / seconds;
      this.#committedPerSecond = this.#committedPerSecond * 0.9 + perSecond * 0.1;
    }
    this.#running = null;
    this.#giveAnswers();
  }

  #giveAnswers(): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) answer();
  }

  /** Takes a group from the front. A twin waits for the next group, where the first one is known. */
  #nextGroup(): Pending[] {
    const { limits, clock } = this.#options;
    const group: Pending[] = [];
    const duplicates: Pending[] = [];
    const claimed = new Set<string>();
    let taken = 0;
    let claims = 0;
    for (const pending of this.#waiting) {
      if (claimsKey(pending.event.dedupKey, limits)) claims += 1;
      if (group.length >= limits.groupSize || claims > limits.claimsPerCommit) break;
      taken += 1;
      this.#waitingLength -= pending.event.line.length;
      const { dedupKey } = pending.event;
      const name = nameOf(dedupKey);
      if (this.#recent.has(dedupKey, clock.now())) pending.answer({ kind: "duplicate" });
      else if (name !== null && claimed.has(name)) duplicates.push(pending);
      else {
        if (name !== null) claimed.add(name);
        group.push(pending);
      }
    }
    this.#waiting.splice(0, taken, ...duplicates);
    for (const { event } of duplicates) this.#waitingLength += event.line.length;
    return group;
  }
}

function claimsKey(dedupKey: DedupKey, { fingerprintLog }: KvLimits): boolean {
  return dedupKey.by === "idempotency_key" || (dedupKey.by === "fingerprint" && !fingerprintLog);
}

function nameOf(dedupKey: DedupKey): string | null {
  switch (dedupKey.by) {
    case "idempotency_key":
      return dedupKey.key;
    case "fingerprint":
      return dedupKey.value;
    case "nothing":
      return null;
  }
}
