/** Takes events into the queue: from the call to `track` to a durable event. */

import type { Capacity } from "./capacity.ts";
import { reasonOf, SluiceError } from "./errors.ts";
import type { Problems } from "./problems.ts";
import { type QueueRecord, toRecord } from "./record.ts";
import type { ServerEvent, Tracked, User } from "./types.ts";

/** What taking events needs. */
export interface IntakeOptions {
  readonly capacity: Capacity;
  readonly problems: Problems;
  readonly now: () => number;
  readonly newId: () => string;
  readonly source: string;
  /** Whether a full queue is waited for. */
  readonly waits: boolean;
  /** Queues an event that has its place; it settles the event's promise. */
  readonly accept: (record: QueueRecord) => void;
  /** Counts events that are not taken. */
  readonly onDropped: (count: number) => void;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** An event on its way into the queue. */
export interface Entry {
  /** Settles when it has a place, or is rejected; `null` if that is decided. */
  readonly admitted: Promise<unknown> | null;
  readonly tracked: Promise<Tracked>;
}

/** Takes events into the queue. */
export class Intake {
  readonly #options: IntakeOptions;
  #isClosed = false;
  #isWaitUntilTold = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes an event, now or when there is a place. Never throws. */
  enter(event: ServerEvent, user: User): Entry {
    let admitted: Promise<unknown> | null = null;
    const tracked = this.#enter(event, user, (waiting) => admitted = waiting);
    this.#keepAlive(tracked.catch(() => {}));
    return { admitted, tracked: ignorable(tracked) };
  }

  /** Takes many events, each as soon as there is a place for it. */
  async enterAll(events: readonly ServerEvent[], user: User): Promise<Tracked[]> {
    if (!Array.isArray(events)) {
      const got = events === null ? "null" : typeof events;
      throw this.#invalid(`trackAll takes an array of events, got ${got}`);
    }
    const promises: Promise<Tracked>[] = [];
    const now = this.#options.now();
    // Copied, as it may take a while until the last one has a place.
    for (const event of events.map((event) => copy(event, now))) {
      const { admitted, tracked } = this.enter(event, user);
      promises.push(tracked);
      await admitted?.catch(() => {});
    }
    const settled = await Promise.allSettled(promises);
    const errors = settled.map((one) => one.status === "rejected" ? one.reason : null);
    const failed: SluiceError[] = errors.filter((error) => error !== null);
    const [first] = failed;
    if (first === undefined) return settled.flatMap((one) => "value" in one ? [one.value] : []);
    const { code, message, kept, event } = first;
    const all = `${failed.length} of ${events.length} events failed; the first: ${message}`;
    throw new SluiceError(code, all, { kept, event, errors, cause: first });
  }

  /** Takes no more events. */
  close(): void {
    this.#isClosed = true;
    const { capacity, onDropped } = this.#options;
    if (capacity.waiting === 0) return;
    onDropped(capacity.waiting);
    capacity.rejectWaiting(this.#closed());
  }

  /** The caller's function may throw, as that of Next does outside of a request. */
  #keepAlive(promise: Promise<unknown>): void {
    try {
      this.#options.waitUntil(promise);
    } catch (cause) {
      if (this.#isWaitUntilTold) return;
      this.#isWaitUntilTold = true;
      const message = `waitUntil failed: ${reasonOf(cause)}`;
      this.#options.problems.report(new SluiceError("invalid", message, { kept: true, cause }));
    }
  }

  async #enter(
    event: ServerEvent,
    user: User,
    onWaiting: (waiting: Promise<unknown>) => void,
  ): Promise<Tracked> {
    const { capacity, problems, accept } = this.#options;
    if (this.#isClosed) throw this.#refuse(this.#closed());
    const record = this.#read(event, user);
    if (!capacity.tryTake(record.bytes)) {
      const waiting = this.#wait(record.bytes);
      onWaiting(waiting);
      await waiting;
    }
    problems.end("full");
    return await new Promise((resolve, reject) => {
      const { key: idempotencyKey } = record;
      record.promise = { resolve: (durable) => resolve({ idempotencyKey, durable }), reject };
      accept(record);
    });
  }

  #read(event: ServerEvent, user: User) {
    const { problems, now, newId, source } = this.#options;
    try {
      return toRecord(event, { id: newId(), now: now(), source, user });
    } catch (error) {
      if (!(error instanceof SluiceError)) {
        // A getter of the caller's object, say
        throw this.#invalid(`The event cannot be read: ${reasonOf(error)}`, error);
      }
      problems.report(error);
      throw this.#refuse(error);
    }
  }

  #invalid(message: string, cause?: unknown): SluiceError {
    const error = new SluiceError("invalid", message, { kept: false, cause });
    this.#options.problems.report(error);
    return this.#refuse(error);
  }

  async #wait(bytes: number): Promise<void> {
    const { capacity, problems, waits } = this.#options;
    const waiting = waits ? capacity.waitAndTake(bytes) : null;
    if (waiting !== null) return await waiting;
    const { events, bytes: queued, waiting: others } = capacity;
    const state = `${events} events of ${queued} bytes are queued, ${others} calls wait`;
    throw this.#refuse(problems.begin("full", `The queue is full: ${state}`, { kept: false }));
  }

  /** Counts an event that is not taken. */
  #refuse<E>(error: E): E {
    this.#options.onDropped(1);
    return error;
  }

  #closed(): SluiceError {
    return this.#options.problems.begin("closed", "shutdown() was called", { kept: false });
  }
}

/** A promise that, if nobody awaits it, does not end the process when it rejects. */
export function ignorable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** A copy of an event with its time; what cannot be copied is read, and told, when it is its turn. */
function copy(event: ServerEvent, now: number): ServerEvent {
  try {
    return { occurredAt: now, ...event };
  } catch {
    return event;
  }
}
