/**
 * Commits a group of events to KV and answers each of them.
 *
 * One commit is one atomic operation: the events' claims, the segments that hold them, and the counter.
 * It is all there or not at all, so an event can be answered by what KV says of its claim, also when
 * the answer to a commit got lost.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { addToCounter } from "../kv/counter.ts";
import { segmentKey } from "../kv/keys.ts";
import { countLines, pack, type Segment } from "../kv/segment.ts";
import { Claims, type ClaimsOptions, type Placed } from "./claims.ts";
import type { Pending } from "./pending.ts";

/** What a committer is made of. */
export interface CommitterOptions extends ClaimsOptions {
  readonly clock: Clock;
  /** A time-ordered id for a segment. */
  readonly newId: () => string;
  /** Called with the events of each commit. */
  readonly onCommitted: (group: readonly Pending[]) => void;
}

const COMMIT_ATTEMPTS = 3;
const LOOKS = 2;
const RETRY_PAUSE_MS = 50;

const logger = getLogger(["sluice", "buffer"]);

/** What is known of a group's events. */
type State =
  /** None is stored, none is known to be claimed. */
  | { readonly of: "new" }
  /** An operation was tried, and its answer got lost. */
  | { readonly of: "in doubt"; readonly segmentId: string; readonly at: number }
  /** None is stored by this group, and some claims are taken. */
  | { readonly of: "taken" };

/** Makes groups of events durable. */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #claims: Claims;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#claims = new Claims(options);
  }

  /** Learns what other processes, and the one before this, have committed lately. */
  async open(): Promise<void> {
    await this.#claims.open(this.#options.clock.now());
  }

  /** Commits a group, in as many operations as its bytes need. Answers every event. */
  async commit(group: readonly Pending[]): Promise<void> {
    for (let rest = group; rest.length > 0;) {
      const segments = pack(rest.map(({ event }) => event.line));
      const count = countLines(segments);
      await this.#commitTogether(rest.slice(0, count), segments);
      rest = rest.slice(count);
    }
  }

  /** Commits events that fit one operation; those whose claims are taken are answered and left out. */
  async #commitTogether(group: readonly Pending[], packed: readonly Segment[]): Promise<void> {
    let rest = group;
    let segments = packed;
    let state: State = { of: "new" };
    for (let failures = 0; rest.length > 0;) {
      try {
        if (state.of === "in doubt") {
          const segment = await this.#options.kv.get(segmentKey(state.segmentId));
          if (segment.value !== null) return this.#accept(rest, state.at);
          const held = await this.#claims.holds(state.segmentId, this.#options.clock.now());
          if (held) return this.#accept(rest, state.at);
          state = { of: "taken" }; // perhaps by these very events, if they were flushed since
        }
        if (state.of === "taken") {
          rest = await this.#answerClaimed(rest);
          segments = pack(rest.map(({ event }) => event.line));
          state = { of: "new" };
        } else if (failures >= COMMIT_ATTEMPTS) {
          for (const { answer } of rest) answer({ kind: "unavailable" });
          return;
        } else {
          const ids = segments.map(() => this.#options.newId());
          const at = this.#options.clock.now();
          state = { of: "in doubt", segmentId: ids[0] ?? "", at };
          if (await this.#attempt(rest, segments, ids, at)) return this.#accept(rest, at);
          state = { of: "taken" };
        }
      } catch (error) {
        failures += 1;
        logger.warn("Commit to KV failed: {error}", { error, events: rest.length, failures });
        if (failures >= COMMIT_ATTEMPTS + LOOKS) {
          const kind = state.of === "new" ? "unavailable" : "failed";
          for (const { answer } of rest) answer({ kind, error });
          return;
        }
        await this.#options.clock.sleep(RETRY_PAUSE_MS * failures);
      }
    }
  }

  /** One atomic operation. False where a claim is taken. */
  async #attempt(
    group: readonly Pending[],
    segments: readonly Segment[],
    ids: readonly string[],
    at: number,
  ): Promise<boolean> {
    if (countLines(segments) !== group.length) throw new Error("Cannot commit a group in part");
    const operation = this.#options.kv.atomic();
    const placed: Placed[] = [];
    segments.forEach(({ bytes, lines }, i) => {
      const segment = ids[i] ?? "";
      operation.set(segmentKey(segment), bytes);
      for (const { event, expected } of group.slice(placed.length, placed.length + lines)) {
        placed.push({ event, expected, segment });
      }
    });
    this.#claims.claim(operation, placed, at);
    addToCounter(operation, "accepted", group.length);
    addToCounter(operation, "buffered", group.length);
    const result = await operation.commit();
    if (result.ok) this.#claims.committed(result.versionstamp);
    return result.ok;
  }

  #accept(group: readonly Pending[], at: number): void {
    for (const { answer } of group) answer({ kind: "accepted" });
    this.#claims.remember(group, at);
    this.#options.onCommitted(group);
  }

  /** Answers the events whose claims are taken; the others may be tried again. */
  async #answerClaimed(group: readonly Pending[]): Promise<Pending[]> {
    const events = group.map(({ event }) => event);
    const classifications = await this.#claims.classify(events, this.#options.clock.now());
    return group.filter((pending, i) => {
      const classification = classifications[i];
      if (classification === undefined || classification.kind === "free") {
        pending.expected = classification?.versionstamp ?? null;
        return true;
      }
      pending.answer(classification);
      return false;
    });
  }
}
