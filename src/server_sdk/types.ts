/** The public types of the server SDK. */

import type { EntityType, EventSource, EventType } from "../events/catalogue.ts";
import type { Attribution, EventName, Props, RequiredProps } from "../client/event_types.ts";
import type { SluiceError } from "./errors.ts";

export type { Attribution, EntityType, EventName, EventSource, EventType, Props, RequiredProps };

/** Whom an event is about, if not the sender; the API key needs the scope `ingest:as`. */
export interface User {
  /** The user's id. */
  readonly userId?: string | undefined;
  /** The user's role, such as `CREATOR`. */
  readonly role?: string | undefined;
  /** The creator's id. */
  readonly creatorId?: string | undefined;
  /** The brand's id. */
  readonly brandId?: string | undefined;
  /** The UUID of the user's session. */
  readonly sessionId?: string | undefined;
  /** The user's IP address. */
  readonly ip?: string | undefined;
  /** The user's browser. */
  readonly userAgent?: string | undefined;
}

/** What any event may have besides type and props. */
export interface EventFields {
  /** Overrides the `source` given to `createSluice`. */
  readonly source?: EventSource | undefined;
  /** Type of the entity that the event is about. */
  readonly entityType?: EntityType | undefined;
  /** Id of that entity; requires `entityType`. */
  readonly entityId?: string | undefined;
  /** A UUID. */
  readonly sessionId?: string | undefined;
  /** Marketing attribution. */
  readonly attribution?: Attribution | undefined;
  /** A UUID that is always the same for this event, such as a job's; a new one by default. */
  readonly idempotencyKey?: string | undefined;
  /** When it happened. @default now */
  readonly occurredAt?: Date | number | undefined;
  /** Whom it is about; adds to that of `as()`. */
  readonly context?: User | undefined;
}

/** An event to track: props are optional unless the catalogue requires some. */
export type ServerEvent<T extends EventName = EventName> =
  & EventFields
  & { readonly eventType: T }
  & (T extends keyof RequiredProps ? { readonly props: RequiredProps[T] & Props }
    : { readonly props?: Props | undefined });

/** What `track` resolves with. */
export interface Tracked {
  /** The event's key: sent any number of times, it is one row. */
  readonly idempotencyKey: string;
  /** Where the event is safe: synced to disk here, or acknowledged by the service. */
  readonly durable: "spool" | "service";
}

/** Sends events. */
export interface Tracker {
  /**
   * Returns at once; never throws. The promise resolves when the event is durable and rejects with a
   * `SluiceError`, which says whether the event is still queued; a promise that nobody awaits harms
   * nothing.
   */
  track<T extends EventName>(event: ServerEvent<T>): Promise<Tracked>;
  /**
   * Tracks many events, with `wait` as fast as the queue takes them. Resolves when all are durable;
   * otherwise rejects when each has settled, with the first error and its `errors` by index.
   */
  trackAll<T extends readonly EventName[]>(
    events: readonly [...{ [I in keyof T]: ServerEvent<T[I]> }],
  ): Promise<Tracked[]>;
  /** The same for events about somebody else. */
  as(user: User): Tracker;
}

/** Counters since the start; none is ever reset. */
export interface Stats {
  /** Events without a result: in the spool or in memory. */
  readonly queued: number;
  /** Their size in bytes. */
  readonly queuedBytes: number;
  /** Calls of `track` and `trackAll` that wait for a place in the queue. */
  readonly waiting: number;
  /** Events that the service acknowledged. */
  readonly sent: number;
  /** Events that the service rejected for good, each reported to `onError`. */
  readonly rejected: number;
  /** Events that were not taken or are lost: invalid, queue full, shut down, damaged on disk. */
  readonly dropped: number;
  /** The folder of this process's spool; `null` while events are only in memory. */
  readonly spool: string | null;
  /** Why sending has stopped or is retried; `null` if all is well. */
  readonly problem: string | null;
}

/** Options of `createSluice`. */
export interface SluiceOptions {
  /** The service's URL, such as `https://events.example.com`. */
  readonly url: string;
  /** An API key of the service. Without one, events are anonymous. */
  readonly apiKey?: string | undefined;
  /** Where events come from. @default "api" */
  readonly source?: EventSource | undefined;
  /**
   * The folder of the spool, which may be shared by processes; `false` keeps events in memory only.
   * @default ".sluice" where there is a file system, otherwise false
   */
  readonly spool?: string | false | undefined;
  /** Most events in the queue. @default 100000 with a spool, 10000 in memory */
  readonly maxQueued?: number | undefined;
  /** Most bytes in the queue. @default 256 MiB with a spool, 16 MiB in memory */
  readonly maxQueuedBytes?: number | undefined;
  /** What `track` does when the queue is full: its promise waits for a place, or rejects. @default "wait" */
  readonly whenFull?: "wait" | "reject" | undefined;
  /** Most calls that wait for a place at once; further ones reject. @default 1000 */
  readonly maxWaiting?: number | undefined;
  /** Events of a request, at most 50. @default 50 */
  readonly batchSize?: number | undefined;
  /** How long an event may wait for others to share its request, in milliseconds. @default 200 */
  readonly flushIntervalMs?: number | undefined;
  /** Given each promise of `track`, to keep a serverless function alive until it settles. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Told every problem once; by default, a warning of the process. */
  readonly onError?: ((error: SluiceError) => void) | undefined;
}

/** The SDK of a server. */
export interface Sluice extends Tracker {
  /** Sends what is queued now; resolves when all of it has a result, an attempt failed, or after `ms`. @default 10000 */
  flush(ms?: number): Promise<Stats>;
  /**
   * Takes no more events, flushes for up to `ms` and closes. What is left stays in the spool for the
   * next start; in memory it is dropped and counted. @default 5000
   */
  shutdown(ms?: number): Promise<Stats>;
  /** The counters. */
  stats(): Stats;
}
