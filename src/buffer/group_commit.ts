/**
 * Group commit: events that arrive while a commit is in flight share the next one, as databases do it.
 * An idle service commits at once; a busy one commits a group at a time.
 *
 * One commit is one atomic operation: a check and a set of each event's claim, the segments that hold
 * the events, and the counter. It is all there or not at all, so an event is answered by what KV says
 * of its claim, also when the answer to a commit got lost.
 *
 * Measured: one event a commit 2,500–3,000 events/s, whatever the concurrency; 95 as one segment
 * 24,000–32,000; 95 as one key each 10,000.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Buffered } from "../events/outcome.ts";
import type { AcceptedEvent, Sameness } from "../events/types.ts";
import type { Claim } from "../kv/claim.ts";
import { addBuffered } from "../kv/counter.ts";
import { segmentKey } from "../kv/keys.ts";
import type { KvLimits } from "../kv/limits.ts";
import { pack } from "../kv/segment.ts";
import type { Backlog } from "./backlog.ts";
import { claimKey, judge } from "./judge.ts";
import { RecentFingerprints } from "./recent.ts";

/** What the buffer is made of. */
export interface GroupCommitOptions {
  readonly kv: Deno.Kv;
  readonly limits: KvLimits;
  readonly clock: Clock;
  readonly backlog: Backlog;
  /** A time-ordered id for a segment. */
  readonly newId: () => string;
  readonly deduplicationTtlMs: number;
  readonly idempotencyTtlMs: number;
  /** Events that may wait for a commit before new ones are turned away. */
  readonly maxWaiting: number;
  /** Called after each commit, with the number of events that are buffered now. */
  readonly onAppended: (buffered: number) => void;
}

interface Waiting {
  readonly event: AcceptedEvent;
  readonly resolve: (outcome: Buffered) => void;
  /** The version of an expired claim that this event may replace. */
  expected: string | null;
}

const COMMIT_ATTEMPTS = 3;
const VERIFY_ATTEMPTS = 2;
const RETRY_PAUSE_MS = 50;
const RECENT_FINGERPRINTS = 100_000;

const logger = getLogger(["sluice", "buffer"]);

/** The durable buffer's entrance. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #recent = new RecentFingerprints(RECENT_FINGERPRINTS);
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #committedPerSecond = 0;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Makes an event durable. Resolves after the commit that holds it, never before. */
  append(event: AcceptedEvent): Promise<Buffered> {
    if (this.#recent.has(event.sameness, this.#options.clock.now())) {
      return Promise.resolve({ kind: "duplicate" });
    }
    const overload = this.#overload();
    if (overload !== null) return Promise.resolve(overload);
    const { promise, resolve } = Promise.withResolvers<Buffered>();
    this.#waiting.push({ event, resolve, expected: null });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when nothing waits for a commit any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #overload(): Buffered | null {
    const { backlog, maxWaiting } = this.#options;
    const waiting = this.#waiting.length;
    if (waiting >= maxWaiting) {
      const seconds = Math.ceil(waiting / Math.max(this.#committedPerSecond, 1));
      return {
        kind: "overloaded",
        message: `${waiting} events wait to be buffered, ${maxWaiting} may`,
        retryAfterSeconds: Math.min(60, Math.max(1, seconds)),
      };
    }
    const retryAfterSeconds = backlog.retryAfterSeconds(waiting);
    if (retryAfterSeconds === null) return null;
    return {
      kind: "overloaded",
      message: "The buffer is full (MAX_BUFFERED_EVENTS)",
      retryAfterSeconds,
    };
  }

  async #run(): Promise<void> {
    await null; // lets the events of one batch, appended in the same turn, share the first commit
    while (this.#waiting.length > 0) {
      const startedAt = performance.now();
      const group = this.#nextGroup();
      await this.#commit(group).catch((error) => {
        logger.error("A group of {events} events failed: {error}", { error, events: group.length });
        turnAway(group); // those that were answered before stay answered
      });
      const perSecond = group.length / (performance.now() - startedAt) * 1000;
      this.#committedPerSecond = this.#committedPerSecond * 0.9 + perSecond * 0.1;
    }
    this.#running = null;
  }

  /** Takes a group from the front. A twin waits for the next group, where the first one is known. */
  #nextGroup(): Waiting[] {
    const { limits, clock } = this.#options;
    const group: Waiting[] = [];
    const twins: Waiting[] = [];
    const claimed = new Set<string>();
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (group.length >= limits.groupSize) break;
      taken += 1;
      const { sameness } = waiting.event;
      if (this.#recent.has(sameness, clock.now())) {
        waiting.resolve({ kind: "duplicate" });
        continue;
      }
      const name = nameOf(sameness);
      if (name === null) {
        group.push(waiting);
      } else if (claimed.has(name)) {
        twins.push(waiting);
      } else {
        claimed.add(name);
        group.push(waiting);
      }
    }
    this.#waiting.splice(0, taken, ...twins);
    return group;
  }

  /** Commits a group, in as many operations as its bytes need. Answers every event. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    for (let rest = group; rest.length > 0;) {
      const { segments, count } = pack(linesOf(rest));
      await this.#commitTogether(rest.slice(0, count), segments);
      rest = rest.slice(count);
    }
  }

  /** Commits events that fit one operation; those whose claims are taken are answered and left out. */
  async #commitTogether(
    group: readonly Waiting[],
    packed: readonly Uint8Array[],
  ): Promise<void> {
    let rest = group;
    let segments = packed;
    let startedAt = 0;
    let failures = 0;
    let mayBeApplied: string | null = null;
    let judged = true;
    while (rest.length > 0) {
      try {
        if (mayBeApplied !== null) {
          const segment = await this.#options.kv.get(segmentKey(mayBeApplied));
          if (segment.value !== null) return this.#accept(rest, startedAt);
          mayBeApplied = null;
        }
        if (!judged) {
          rest = await this.#judge(rest);
          segments = pack(linesOf(rest)).segments;
          judged = true;
          continue;
        }
        // By now it is certain that nothing of `rest` is stored.
        if (failures >= COMMIT_ATTEMPTS) return turnAway(rest);
        const ids = segments.map(() => this.#options.newId());
        judged = false;
        mayBeApplied = ids[0] ?? null;
        startedAt = this.#options.clock.now();
        if (await this.#attempt(rest, segments, ids, startedAt)) {
          return this.#accept(rest, startedAt);
        }
        mayBeApplied = null;
      } catch (error) {
        failures += 1;
        logger.warn("Commit to KV failed: {error}", { error, events: rest.length, failures });
        if (failures >= COMMIT_ATTEMPTS + VERIFY_ATTEMPTS) return turnAway(rest);
        await this.#options.clock.sleep(RETRY_PAUSE_MS * failures);
      }
    }
  }

  /** One atomic operation. False where a claim is taken. */
  async #attempt(
    group: readonly Waiting[],
    segments: readonly Uint8Array[],
    segmentIds: readonly string[],
    now: number,
  ): Promise<boolean> {
    const operation = this.#options.kv.atomic();
    for (const { event, expected } of group) {
      const key = claimKey(event.sameness);
      if (key === null) continue;
      const ttlMs = this.#ttlMs(event.sameness);
      const claim = claimOf(event, segmentIds[0] ?? "", now + ttlMs);
      operation.check({ key, versionstamp: expected }).set(key, claim, { expireIn: ttlMs });
    }
    segments.forEach((bytes, i) => operation.set(segmentKey(segmentIds[i] ?? ""), bytes));
    addBuffered(operation, group.length);
    return (await operation.commit()).ok;
  }

  #accept(group: readonly Waiting[], now: number): void {
    const { backlog, onAppended } = this.#options;
    for (const { event, resolve } of group) {
      this.#recent.add(event.sameness, now + this.#ttlMs(event.sameness));
      resolve({ kind: "accepted" });
    }
    backlog.appended(group.length);
    onAppended(backlog.size);
  }

  /** Answers the events whose claims are taken; the others may be tried again. */
  async #judge(group: readonly Waiting[]): Promise<Waiting[]> {
    const { kv, limits, clock } = this.#options;
    const events = group.map(({ event }) => event);
    const judgements = await judge(kv, events, limits.keysPerRead, clock.now());
    return group.filter((waiting, i) => {
      const judgement = judgements[i];
      if (judgement === undefined || judgement.kind === "free") {
        waiting.expected = judgement?.versionstamp ?? null;
        return true;
      }
      waiting.resolve(judgement);
      return false;
    });
  }

  #ttlMs(sameness: Sameness): number {
    const { deduplicationTtlMs, idempotencyTtlMs } = this.#options;
    return sameness.by === "idempotency_key" ? idempotencyTtlMs : deduplicationTtlMs;
  }
}

function turnAway(group: readonly Waiting[]): void {
  for (const { resolve } of group) resolve({ kind: "unavailable" });
}

function linesOf(group: readonly Waiting[]): string[] {
  return group.map(({ event }) => event.line);
}

function claimOf(event: AcceptedEvent, segment: string, deadline: number): Claim {
  const claim = { deadline, eventId: event.id, segment };
  return event.sameness.by === "idempotency_key"
    ? { ...claim, contentHash: event.sameness.contentHash }
    : claim;
}

function nameOf(sameness: Sameness): string | null {
  switch (sameness.by) {
    case "idempotency_key":
      return sameness.key;
    case "fingerprint":
      return String.fromCharCode(...sameness.hash);
    case "nothing":
      return null;
  }
}
