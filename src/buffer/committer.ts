/**
 * Commits a group of events to KV and settles each of them.
 *
 * One commit is one atomic operation: the events' claims, the segments that hold them, and the counters.
 * It is applied as a whole or not at all, so the claim of an event in KV decides its outcome, even when
 * the result of the commit was lost.
 */

import { getLogger } from "@logtape/logtape";
import type { BufferOutcome } from "../events/outcome.ts";
import type { Claim } from "../kv/claim.ts";
import { addAccepted } from "../kv/counter.ts";
import { KvFormatError } from "../kv/format_error.ts";
import { segmentKey } from "../kv/keys.ts";
import { KvAwayError, KvTimeoutError } from "../kv/presence.ts";
import { countLines, pack, type Segment } from "../kv/segment.ts";
import { Claims } from "./claims.ts";
import type { ClaimsOptions, PlacedEvent } from "./claims_options.ts";
import type { Pending } from "./pending.ts";

/** Options of `Committer`. */
export interface CommitterOptions extends ClaimsOptions {
  /** Returns a time-ordered id for a segment. */
  readonly newId: () => string;
}

/** Called after each successful operation with its number of events. */
export type OnCommitted = (events: number) => void;

const COMMIT_ATTEMPTS = 3;
/** Includes failures of finding out whether the last attempt was applied. */
const MAX_FAILURES = COMMIT_ATTEMPTS + 2;
const RETRY_PAUSE_MS = 50;

const IN_DOUBT: BufferOutcome = {
  kind: "failed",
  error: "a commit got no response, and may be applied later",
};

const logger = getLogger(["sluice", "buffer"]);

/** What is known about a group's events. */
type State =
  /** None is stored, and none is known to be claimed. */
  | { readonly kind: "new" }
  /** A commit was attempted, and its result is unknown. */
  | { readonly kind: "unknown"; readonly segmentId: string; readonly at: number }
  /** None is stored by this group, and some are or may be claimed already. */
  | { readonly kind: "claimed" };

/** Makes groups of events durable. */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #claims: Claims;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#claims = new Claims(options);
  }

  /** Reads the recent claims of other and earlier processes. */
  async open(): Promise<void> {
    await this.#claims.open(this.#options.clock.now());
  }

  /** The claim of an idempotency key, `null` if there is none. */
  async findClaim(key: string): Promise<Claim | null> {
    return await this.#claims.find(key, this.#options.clock.now());
  }

  /** Commits a group in as many operations as its bytes need, and settles every event. */
  async commit(group: readonly Pending[], onCommitted: OnCommitted): Promise<void> {
    for (let rest = group; rest.length > 0;) {
      const segments = pack(rest.map(({ event }) => event.line));
      const count = countLines(segments);
      await this.#commitTogether(rest.slice(0, count), segments, onCommitted);
      rest = rest.slice(count);
    }
  }

  /** Commits events that fit into one operation. Those claimed already are settled and left out. */
  async #commitTogether(
    group: readonly Pending[],
    packed: readonly Segment[],
    onCommitted: OnCommitted,
  ): Promise<void> {
    let rest = group;
    let segments = packed;
    let state: State = {
      kind: this.#claims.mayHold(group, this.#options.clock.now()) ? "claimed" : "new",
    };
    let isAttempted = false;
    /** Whether a commit that timed out may be applied later, so that its absence means nothing. */
    let mayFollow = false;
    const accept = (events: readonly Pending[], at: number) => {
      for (const { settle } of events) settle({ kind: "accepted" });
      this.#claims.remember(events, at);
      onCommitted(events.length);
    };
    for (let failures = 0; rest.length > 0;) {
      try {
        if (state.kind === "unknown") {
          const segment = await this.#options.kv.get(segmentKey(state.segmentId));
          if (segment.value !== null) return accept(rest, state.at);
          const held = await this.#claims.holds(state.segmentId, this.#options.clock.now());
          if (held) return accept(rest, state.at);
          state = { kind: "claimed" }; // maybe by these very events, if they were flushed since
        }
        if (state.kind === "claimed") {
          rest = await this.#settleClaimed(rest, onCommitted);
          segments = pack(rest.map(({ event }) => event.line));
          state = { kind: "new" };
        } else if (failures >= COMMIT_ATTEMPTS) {
          const outcome: BufferOutcome = mayFollow ? IN_DOUBT : { kind: "unavailable" };
          for (const { settle } of rest) settle(outcome);
          return;
        } else {
          const ids = segments.map(() => this.#options.newId());
          const at = this.#options.clock.now();
          isAttempted = true;
          state = { kind: "unknown", segmentId: ids[0] ?? "", at };
          const result = await this.#attempt(rest, segments, ids, at);
          if (result === "committed") return accept(rest, at);
          if (result === "not sent") {
            state = { kind: "new" };
            failures = MAX_FAILURES;
          } else if (this.#claims.coverAll(rest)) state = { kind: "claimed" };
        }
      } catch (error) {
        failures = countFailure(failures, error);
        mayFollow ||= error instanceof KvTimeoutError;
        logFailure(error, rest.length, failures);
        if (failures >= MAX_FAILURES) {
          const mayBeStored = (state.kind !== "new" && isAttempted) || mayFollow;
          const kind = mayBeStored ? "failed" : "unavailable";
          for (const { settle } of rest) settle({ kind, error });
          return;
        }
        await this.#options.clock.sleep(RETRY_PAUSE_MS * failures);
      }
    }
  }

  /** Performs one atomic operation, which is refused if an event is claimed already. */
  async #attempt(
    group: readonly Pending[],
    segments: readonly Segment[],
    ids: readonly string[],
    at: number,
  ): Promise<"committed" | "refused" | "not sent"> {
    if (countLines(segments) !== group.length) throw new Error("Cannot commit a group in part");
    const operation = this.#options.kv.atomic();
    addAccepted(operation, group.length);
    const placed: PlacedEvent[] = [];
    segments.forEach(({ bytes, lines }, i) => {
      const segment = ids[i] ?? "";
      operation.set(segmentKey(segment), bytes);
      for (const { event, expected } of group.slice(placed.length, placed.length + lines)) {
        placed.push({ event, expected, segment });
      }
    });
    this.#claims.claim(operation, placed, at);
    try {
      const result = await operation.commit();
      if (!result.ok) return "refused";
      this.#claims.onCommitted(result.versionstamp);
      return "committed";
    } catch (error) {
      if (isUnsent(error)) return "not sent";
      throw error;
    }
  }

  /**
   * Settles the events that are claimed already; returns the others, to be committed again. Some may be
   * claimed by themselves: a client over a network repeats a commit whose result was lost, and its own
   * claims make that fail.
   */
  async #settleClaimed(
    group: readonly Pending[],
    onCommitted: OnCommitted,
  ): Promise<Pending[]> {
    const events = group.map(({ event }) => event);
    const classifications = await this.#claims.classify(events, this.#options.clock.now());
    const accepted = classifications.filter(({ kind }) => kind === "accepted").length;
    if (accepted > 0) onCommitted(accepted);
    return group.filter((pending, i) => {
      const classification = classifications[i];
      if (classification === undefined || classification.kind === "free") {
        pending.expected = classification?.versionstamp ?? null;
        return true;
      }
      pending.settle(classification);
      return false;
    });
  }
}

/** Whether an operation failed before it was sent, and would again. */
function isUnsent(error: unknown): boolean {
  return error instanceof KvAwayError || error instanceof KvFormatError;
}

/** A KV that does not respond in time is asked once more; one that is away is not asked again. */
function countFailure(failures: number, error: unknown): number {
  if (isUnsent(error)) return MAX_FAILURES;
  return error instanceof KvTimeoutError ? Math.max(failures + 1, MAX_FAILURES - 1) : failures + 1;
}

/** One line for an outage is enough, and it is logged where that is noticed. */
function logFailure(error: unknown, events: number, failures: number): void {
  const isOutage = isUnsent(error) || error instanceof KvTimeoutError;
  logger[isOutage ? "debug" : "warn"]("Commit to KV failed: {error}", { error, events, failures });
}
