/** What the browser SDK promises to those who call it. */

import type { EntityType, EventSource, EventType } from "../events/catalogue.ts";

/** Any JSON object. */
// deno-lint-ignore no-explicit-any -- the guide's own type: any JSON a caller likes to send
export type Props = Record<string, any>;

/** Props without which the service refuses an event (contract 4.4). */
export interface RequiredProps {
  asset_viewed: { view_duration_ms: number };
  license_signed: { license_id: string };
  payout_completed: { amount_cents: number; payment_method: string };
  post_viewed: { post_id: string };
  post_cta_clicked: { cta_type: string; cta_url: string };
}

/** A name from the catalogue, which an editor completes, or any other. */
export type EventName = EventType | (string & Record<never, never>);

/** What follows the event's name: props are optional, except where the catalogue requires some. */
export type TrackArguments<T extends EventName> = T extends keyof RequiredProps
  ? [props: RequiredProps[T] & Props, options?: TrackOptions]
  : [props?: Props, options?: TrackOptions];

/** What else may be said of one event. */
export interface TrackOptions {
  readonly entityType?: EntityType | undefined;
  readonly entityId?: string | undefined;
  /** Instead of the SDK's `source`. */
  readonly source?: EventSource | undefined;
  /** A UUID; one is made where none is given. An event with a key of its own is never a double click. */
  readonly idempotencyKey?: string | undefined;
  /** When it happened, by this machine's clock; now, unless given. */
  readonly occurredAt?: Date | number | undefined;
  /** Low-value events leave first when the queue is full. */
  readonly lowValue?: boolean | undefined;
}

/** Marketing attribution, as the service takes it. */
export interface Attribution {
  utmSource?: string;
  utmMedium?: string;
  utmCampaign?: string;
  utmTerm?: string;
  utmContent?: string;
  /** The page on another host that the visitor came from. */
  referrer?: string;
  /** The first page of the session, with its query and so with its click ids. */
  landingPage?: string;
}

/** An event as it goes to the service, but for the time, which is corrected when it leaves. */
export interface QueuedEvent {
  eventType: string;
  source: EventSource;
  entityType?: EntityType;
  entityId?: string;
  sessionId?: string;
  props?: Props;
  attribution?: Attribution;
  /** A UUID version 7 unless the caller gave one. */
  idempotencyKey: string;
}

/** Why an event was given up: what the service said, never to be repeated. */
export interface Rejection {
  readonly event: QueuedEvent;
  /** Status of HTTP: 400, 409, 412 or 413; of an event in a batch 200, whose error says more. */
  readonly status: number;
  readonly error: string;
}

/** What became of an event that was tracked with `trackNow`. */
export interface TrackResult {
  /** The service has it for good. */
  readonly tracked: boolean;
  /** It waits in the queue, and will be sent again. */
  readonly queued: boolean;
}

/** What became of the events that were queued when `flush` was called. */
export interface FlushResult {
  readonly sent: number;
  readonly rejected: number;
  readonly queued: number;
}

/** Where the SDK stands. A new object whenever something changes. */
export interface AnalyticsState {
  /** Events of this page that are not acknowledged yet. */
  readonly queued: number;
  /** A request is on its way. */
  readonly sending: boolean;
  /** Since the page was opened: acknowledged, refused for good, given up because the queue was full. */
  readonly sent: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly optedOut: boolean;
}

/** Options of `createAnalytics`. */
export interface AnalyticsOptions {
  /** Where the service is: `https://events.example.com`, or `/` where it serves this page itself. */
  readonly url: string;
  /** @default "web" */
  readonly source?: EventSource | undefined;
  /** Events after which a batch leaves at once, 1 to 50. @default 20 */
  readonly batchSize?: number | undefined;
  /** How long an event may wait for company, in milliseconds. @default 5000 */
  readonly flushIntervalMs?: number | undefined;
  /** Events that are kept at most. @default 1000 */
  readonly maxQueued?: number | undefined;
  /** Idle time after which a new session begins, in milliseconds. @default 1800000 */
  readonly sessionTimeoutMs?: number | undefined;
  /**
   * As `fetch` takes it; `include` where a cookie of the service's host says who the visitor is, and
   * the service's `CORS_ORIGINS` names this site.
   */
  readonly credentials?: RequestCredentials | undefined;
  /** Whether `navigator.globalPrivacyControl` makes events anonymous. @default true */
  readonly honorGpc?: boolean | undefined;
  /** Told of every event that the service refused for good. */
  readonly onRejected?: ((rejection: Rejection) => void) | undefined;
}

/** The SDK. Nothing here throws, rejects or blocks. */
export interface Analytics {
  /** Queues an event. */
  track<T extends EventName>(eventType: T, ...rest: TrackArguments<T>): void;
  /** Queues an event, sends the queue at once, and says what became of the event. */
  trackNow<T extends EventName>(eventType: T, ...rest: TrackArguments<T>): Promise<TrackResult>;
  /** Sends what is queued now; resolves when all of it is answered, or an attempt failed. */
  flush(): Promise<FlushResult>;
  /**
   * From now on events belong to the bearer of this token (a JWT); it is kept in memory only. Call it
   * again with every fresh token: events wait while the last one has run out.
   */
  identify(token: string): void;
  /** Forgets the token and begins a new session, as after a logout. */
  reset(): void;
  /** Flushes and lets go of timers and listeners. What is left stays for the next visit. */
  shutdown(): Promise<FlushResult>;
  /** Empties queue and storage; from now on, on later visits too, nothing is tracked. */
  optOut(): void;
  /** Takes `optOut` back. */
  optIn(): void;
  /** The session: a UUID shared by all tabs, new after idling; `null` where nothing may be stitched. */
  getSessionId(): string | null;
  /** How the visitor came to this session; `null` where that is unknown. */
  getAttribution(): Attribution | null;
  /** Where the SDK stands. */
  getState(): AnalyticsState;
  /** Calls back when the state changes, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}
