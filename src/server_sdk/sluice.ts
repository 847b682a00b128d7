/** The SDK of a server, given the program that it runs in. */

import { Capacity } from "./capacity.ts";
import { type DrainingOptions, flush, flushFor } from "./draining.ts";
import { ignorable, Intake } from "./intake.ts";
import { checkOptions, type Settings } from "./options.ts";
import { Problems } from "./problems.ts";
import { Queue } from "./queue.ts";
import type { QueueRecord } from "./record.ts";
import { Results } from "./results.ts";
import type { Runtime } from "./runtime.ts";
import { Sender } from "./sender.ts";
import { ServiceClock } from "./service_clock.ts";
import type { Spool } from "./spool/spool.ts";
import { Spooling } from "./spooling.ts";
import type { ServerEvent, Sluice, SluiceOptions, Stats, Tracker, User } from "./types.ts";

const FLUSH_MS = 10_000;
const SHUTDOWN_MS = 5_000;

/**
 * Creates the SDK.
 *
 * @throws {TypeError} for an invalid option; nothing throws afterwards
 */
export function createSluiceIn(runtime: Runtime, options: SluiceOptions): Sluice {
  const settings = checkOptions(options, runtime.disk?.defaultSpool ?? null);
  const sdk = new ServerSdk(runtime, settings, options);
  return {
    ...sdk.tracker({}),
    flush: (ms = FLUSH_MS) => sdk.flush(ms),
    shutdown: (ms = SHUTDOWN_MS) => sdk.shutdown(ms),
    stats: () => sdk.stats(),
  };
}

class ServerSdk {
  readonly #runtime: Runtime;
  readonly #settings: Settings;
  readonly #problems: Problems;
  readonly #capacity: Capacity;
  readonly #results: Results;
  readonly #queue: Queue;
  readonly #sender: Sender;
  readonly #intake: Intake;
  readonly #spool: Spool | null;
  readonly #spooling: Spooling | null;
  readonly #draining: DrainingOptions;
  readonly #removeIdleListener: () => void;
  #closing: Promise<Stats> | null = null;

  constructor(runtime: Runtime, settings: Settings, options: SluiceOptions) {
    const { clock, disk, newId, random, fetch } = runtime;
    const { endpoint, apiKey, batchSize, source, waits } = settings;
    this.#runtime = runtime;
    this.#settings = settings;
    const problems = this.#problems = new Problems(options.onError ?? runtime.warn);
    const capacity = this.#capacity = new Capacity(settings);
    const results = this.#results = new Results(problems, () => this.#queue.unspooled());
    const spool = this.#spool = settings.spool === null || disk === null
      ? null
      : disk.open(settings.spool, endpoint);
    const queue = this.#queue = new Queue({ spool, capacity, onDamage: results.onDamage });
    const request = { endpoint, apiKey, fetch, clock, serviceClock: new ServiceClock() };
    this.#sender = new Sender({ request, queue, clock, random, batchSize, listener: results });
    const push = this.#push.bind(this);
    this.#spooling = spool &&
      new Spooling({
        spool,
        queue,
        problems,
        clock,
        push,
        onAdopted: () => this.#sender.schedule(0),
      });
    this.#intake = new Intake({
      capacity,
      problems,
      now: () => clock.now(),
      newId,
      source,
      waits,
      accept: (record) => this.#spooling ? this.#spooling.add(record) : push(null, [record]),
      onDropped: (count) => results.counts.dropped += count,
      waitUntil: options.waitUntil ?? (() => {}),
    });
    this.#draining = { queue, sender: this.#sender, spooling: this.#spooling, clock, newId };
    this.#removeIdleListener = runtime.onIdle?.(() => this.#onIdle()) ?? (() => {});
  }

  /** Tracks events about a user. */
  tracker(user: User): Tracker {
    return {
      track: (event) => this.#intake.enter(event as ServerEvent, user).tracked,
      trackAll: (events) =>
        ignorable(this.#intake.enterAll(events as unknown as readonly ServerEvent[], user)),
      as: (other) => this.tracker({ ...user, ...other }),
    };
  }

  stats(): Stats {
    const { events, bytes, waiting } = this.#capacity;
    return {
      queued: events,
      queuedBytes: bytes,
      waiting,
      ...this.#results.counts,
      spool: this.#spool?.folder ?? null,
      problem: this.#problems.current,
    };
  }

  async flush(ms: number): Promise<Stats> {
    await flush(this.#draining, ms);
    return this.stats();
  }

  shutdown(ms: number): Promise<Stats> {
    return this.#closing ??= this.#shutdown(ms);
  }

  async #shutdown(ms: number): Promise<Stats> {
    const letEnd = this.#runtime.stayAlive?.() ?? (() => {});
    this.#removeIdleListener();
    this.#intake.close();
    await flushFor(this.#draining, ms);
    await this.#sender.close();
    await this.#spooling?.close();
    this.#results.dropUnspooled();
    letEnd();
    return this.stats();
  }

  #push(path: string | null, records: readonly QueueRecord[]): void {
    this.#queue.push(path, records);
    if (path === null) this.#results.onUnspooled(records);
    const isBatch = this.#capacity.events >= this.#settings.batchSize;
    this.#sender.schedule(isBatch ? 0 : this.#settings.flushIntervalMs);
  }

  /** Sends what is left when the process would end, unless that failed before. */
  #onIdle(): void {
    if (!this.#queue.isEmpty && !this.#problems.isSendingFailing) this.flush(FLUSH_MS);
  }
}
