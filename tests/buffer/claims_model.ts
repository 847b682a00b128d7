/** Two processes on one KV, a sink like Postgres, and what the contract says that they answer. */

import type { GroupCommit, GroupCommitOptions } from "../../src/buffer/group_commit.ts";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import type { EventSink, Unstored, WriteResult } from "../../src/events/sink.ts";
import type { AcceptedEvent } from "../../src/events/types.ts";
import { tryParseRow, tryReadRowJson } from "../../src/events/unreadable.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { type CommitFault, faultyKv, type KvFaults, noFaults } from "../support/faulty_kv.ts";
import { forever, makeFlusher } from "../support/flusher.ts";
import { openTestKv, type TestKv } from "../support/kv.ts";

/** An event that arrives. */
export interface Arrival {
  readonly process: number;
  readonly isKeyed: boolean;
  /** Which key or fingerprint. */
  readonly identity: number;
  /** Of an event with a key. */
  readonly content: number;
  /** Turns of the microtask queue until the next event. */
  readonly turns: number;
}

/** Events that arrive before the first is answered. */
export interface Burst {
  readonly arrivals: readonly Arrival[];
  /** What becomes of the next commit. */
  readonly fault: CommitFault;
  /** Whether a flush runs meanwhile. */
  readonly flushes: boolean;
}

/** An event and its answer. */
interface Answer extends Arrival {
  readonly event: AcceptedEvent;
  readonly outcome: BufferOutcome;
}

/** The newest accepted event of a key or fingerprint. */
interface Holder {
  readonly id: string;
  readonly content: number;
  readonly deadline: number;
}

/** Options of `ClaimsModel`. */
export interface ModelOptions {
  /** Whether processes forget keys before they expire, as their memory is full. */
  readonly forgets: boolean;
  /** Opens the KV of all processes, a file by default. */
  readonly open: () => Promise<TestKv>;
}

const KEY_TTL_MS = 3_600_000;
const FINGERPRINT_TTL_MS = 60_000;
/** A deadline this near may have passed or not: the clock moves while commits wait. */
const UNCERTAIN_MS = 10_000;

/** Rows and keys, as in Postgres. */
class ModelSink implements EventSink {
  readonly rows = new Set<string>();
  readonly dead = new Set<string>();
  readonly replays = new Set<string>();
  readonly owners = new Map<string, { readonly id: string; readonly hash: string | null }>();

  write(lines: readonly string[]): Promise<WriteResult> {
    const replays: Unstored[] = [];
    const dead: Unstored[] = [];
    let stored = 0;
    for (const line of lines) {
      const row = tryParseRow(tryReadRowJson(line) ?? "");
      if (row === null) throw new Error(`Not a row: ${line}`);
      const { id, idempotency_key: key, content_hash: hash } = row;
      const owner = key === null ? undefined : this.owners.get(key);
      if (owner === undefined || owner.id === id) {
        if (!this.rows.has(id)) stored += 1;
        this.rows.add(id);
        if (key !== null) this.owners.set(key, { id, hash });
      } else if (owner.hash === hash) {
        this.replays.add(id);
        replays.push({ eventId: id, idempotencyKey: key, rowId: owner.id });
      } else {
        this.dead.add(id);
        dead.push({ eventId: id, idempotencyKey: key, rowId: null });
      }
    }
    return Promise.resolve({ ok: true, stored, replays, dead });
  }
}

/** The processes and the model. Each method checks what it observes. */
export class ClaimsModel implements AsyncDisposable {
  readonly #opened: TestKv;
  readonly #options: Partial<GroupCommitOptions>;
  readonly #forgets: boolean;
  readonly #clock = new FakeClock();
  readonly #faults: KvFaults = noFaults();
  readonly #sink = new ModelSink();
  readonly #buffers: GroupCommit[];
  /** By key or fingerprint; without those that a clock jump may have shortened or prolonged. */
  #holders = new Map<string, Holder>();
  readonly #accepted: Answer[] = [];

  private constructor(opened: TestKv, options: Partial<GroupCommitOptions>, forgets: boolean) {
    this.#opened = opened;
    this.#options = options;
    this.#forgets = forgets;
    this.#buffers = [this.#makeBuffer(), this.#makeBuffer()];
  }

  /** @param options of the processes */
  static async open(
    options: Partial<GroupCommitOptions>,
    { forgets = false, open = openTestKv }: Partial<ModelOptions> = {},
  ): Promise<ClaimsModel> {
    return new ClaimsModel(await open(), options, forgets);
  }

  /** Sends events and compares their answers. */
  async send({ arrivals, fault, flushes }: Burst): Promise<void> {
    let next = fault;
    this.#faults.commit = (kind) => {
      if (kind !== "append") return null;
      const now = next;
      next = null;
      return now;
    };
    const answers: Promise<Answer>[] = [];
    for (const arrival of arrivals) {
      const event = this.#makeEvent(arrival);
      const outcome = this.#buffers[arrival.process]?.append(event);
      if (outcome === undefined) throw new Error("No such process");
      answers.push(outcome.then((outcome) => ({ ...arrival, event, outcome })));
      for (let turn = 0; turn < arrival.turns; turn++) await Promise.resolve();
    }
    const flushing = flushes ? this.#runFlusher() : Promise.resolve();
    const settled = await this.#clock.during(Promise.all(answers));
    await this.#clock.during(flushing);
    for (const [identity, group] of Map.groupBy(settled, identityOf)) {
      this.#compare(identity, group, flushes);
    }
  }

  /** Flushes everything. */
  async flush(): Promise<void> {
    await this.#clock.during(this.#runFlusher());
    assertEquals(await countBuffered(this.#opened.kv), 0);
  }

  /** Replaces a process by a new one. */
  async restart(process: number): Promise<void> {
    await this.#clock.during(this.#buffers[process]?.settled() ?? Promise.resolve());
    const buffer = this.#makeBuffer();
    this.#buffers[process] = buffer;
    await this.#clock.during(buffer.open());
  }

  /** Lets time pass. */
  async wait(seconds: number): Promise<void> {
    await this.#clock.advance(seconds * 1000);
  }

  /** Sets the wall clock. What that does to deadlines is not promised; rows are. */
  jump(seconds: number): void {
    this.#clock.jump(seconds * 1000);
    this.#holders = new Map();
  }

  /** Checks that every accepted event is a row, or the same as one, or rejected by its key. */
  async checkRows(): Promise<void> {
    await this.flush();
    const { rows, replays, dead, owners } = this.#sink;
    for (const { event: { id, dedupKey } } of this.#accepted) {
      const places = [rows, replays, dead].filter((place) => place.has(id)).length;
      assertEquals(places, 1, `${id} is in ${places} places`);
      if (dedupKey.by !== "idempotency_key") assert(rows.has(id), `${id} is a row`);
      else assert(owners.has(dedupKey.key), `${dedupKey.key} has a row`);
    }
    assertEquals(rows.size + replays.size + dead.size, this.#accepted.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const buffer of this.#buffers) await this.#clock.during(buffer.settled());
    await this.#opened[Symbol.asyncDispose]();
  }

  #makeBuffer(): GroupCommit {
    const kv = faultyKv(this.#opened.kv, this.#faults);
    return makeBuffer(kv, {
      clock: this.#clock,
      idempotencyTtlMs: KEY_TTL_MS,
      deduplicationTtlMs: FINGERPRINT_TTL_MS,
      ...this.#options,
    });
  }

  async #runFlusher(): Promise<void> {
    const flusher = makeFlusher(this.#opened.kv, this.#sink, { clock: this.#clock });
    await flusher.flush("forced", forever);
  }

  #makeEvent({ isKeyed, identity, content }: Arrival): AcceptedEvent {
    const key = `0190a0b0-1111-4222-8333-44445555${1000 + identity}`;
    return isKeyed
      ? acceptedEvent({ eventType: "keyed", idempotencyKey: key, props: { content } })
      : acceptedEvent({ eventType: `type_${identity}` }, undefined, () => SENT_AT);
  }

  /** Compares the answers to events of one key or fingerprint that were sent together. */
  #compare(identity: string, answers: readonly Answer[], flushes: boolean): void {
    const now = this.#clock.now();
    const held = this.#holders.get(identity);
    const accepted = answers.filter(({ outcome }) => outcome.kind === "accepted");
    const explain = () =>
      `${identity}, held by ${Deno.inspect(held)} at ${now}: ${
        Deno.inspect(answers.map(({ process, content, outcome }) => [process, content, outcome]))
      }`;
    const isNew = !this.#accepted.some((answer) => identityOf(answer) === identity);
    const isNearEnd = held !== undefined && Math.abs(held.deadline - now) <= UNCERTAIN_MS;
    const mayForget = this.#forgets && answers[0]?.isKeyed === true;
    // After a clock jump it is not known whether an identity is held.
    const isCertain = !isNearEnd && !mayForget && (isNew || held !== undefined);
    const holds = held !== undefined && now < held.deadline;
    if (isCertain) assertEquals(accepted.length, holds ? 0 : 1, explain());
    this.#accepted.push(...accepted);
    const isKeyed = answers[0]?.isKeyed ?? false;
    const last = accepted.at(-1);
    if (last !== undefined) {
      const deadline = now + (isKeyed ? KEY_TTL_MS : FINGERPRINT_TTL_MS);
      this.#holders.set(identity, { id: last.event.id, content: last.content, deadline });
    }
    const holder = isCertain ? this.#holders.get(identity) : undefined;
    for (const answer of answers) {
      if (answer.outcome.kind === "accepted") continue;
      this.#checkRefused(answer, holder, flushes, explain());
    }
  }

  #checkRefused(answer: Answer, holder: Holder | undefined, flushes: boolean, why: string): void {
    const { outcome, event: { dedupKey } } = answer;
    if (dedupKey.by !== "idempotency_key") {
      assertEquals(outcome.kind, "duplicate", why);
      assert(this.#accepted.some((other) => identityOf(other) === identityOf(answer)), why);
      return;
    }
    const isSame = (other: Answer) => identityOf(other) === identityOf(answer);
    const others = this.#accepted.filter(isSame);
    if (outcome.kind === "replayed") {
      assert(others.some(({ content }) => content === answer.content), why);
      const { eventId } = outcome;
      const owner = this.#sink.owners.get(dedupKey.key);
      if (eventId !== null) {
        assert(this.#sink.rows.has(eventId), `${eventId} is no row: ${why}`);
        assertEquals(eventId, owner?.id, why);
      }
      if (holder === undefined) return;
      assertEquals(answer.content, holder.content, why);
      const isDead = this.#sink.dead.has(holder.id);
      const isFlushed = this.#sink.rows.has(holder.id) || this.#sink.replays.has(holder.id);
      if (!flushes) assertEquals(eventId, isFlushed && !isDead ? owner?.id : null, why);
      return;
    }
    assertEquals(outcome.kind, "conflict", why);
    assert(others.some(({ content }) => content !== answer.content), why);
    if (holder !== undefined) assert(holder.content !== answer.content, why);
  }
}

const SENT_AT = Date.parse("2026-03-01T12:00:00.000Z");

function identityOf({ isKeyed, identity }: Arrival): string {
  return isKeyed ? `key ${identity}` : `fingerprint ${identity}`;
}
