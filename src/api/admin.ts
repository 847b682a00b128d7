/** Inputs and responses of `admin.*`, as the schemas in `admin/schema` infer them. */

/** What an API key may do. */
export type ApiKeyScope = "ingest" | "ingest:as" | "import" | "read" | "admin";

/** Input of `admin.apiKeys.create`. */
export interface NewApiKeyInput {
  name: string;
  scopes: ApiKeyScope[];
  environment?: string | null | undefined;
  eventsPerSecond?: number | null | undefined;
}

/** Response of `admin.apiKeys.create`. */
export interface CreatedApiKey {
  id: string;
  /** The key itself, which cannot be shown again. */
  key: string;
}

/** Response of `admin.apiKeys.list`. */
export interface ApiKeyList {
  keys: ApiKeyEntry[];
}

/** An API key, without its secret. */
export interface ApiKeyEntry {
  id: string;
  name: string;
  hint: string;
  scopes: ApiKeyScope[];
  environment: string | null;
  eventsPerSecond: number | null;
  isRevoked: boolean;
  createdAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** Input of `admin.apiKeys.revoke`. */
export interface RevokeInput {
  id: string;
}

/** Response of `admin.apiKeys.revoke`: whether it was in use. */
export interface RevokeResponse {
  revoked: boolean;
}

/** Input of `admin.deadLetters.list`. */
export interface DeadLettersInput {
  state?: "waiting" | "replayed" | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Response of `admin.deadLetters.list`: last rejected first. */
export interface DeadLetterPage {
  deadLetters: DeadLetter[];
  nextCursor: string | null;
}

/** An event that Postgres rejected. */
export interface DeadLetter {
  eventId: string;
  eventType: string | null;
  step: "flush" | "enrichment";
  reason: string;
  sqlstate: string | null;
  payload: string;
  deadAt: string | null;
  replayedAt: string | null;
}

/** Input of `admin.deadLetters.replay`. */
export interface ReplayInput {
  deadLetters: { eventId: string; payload?: string | undefined }[];
}

/** Response of `admin.deadLetters.replay`. */
export interface ReplayResponse {
  results: ReplayResult[];
}

/** The result of one replayed dead letter. */
export interface ReplayResult {
  eventId: string;
  result: "replayed" | "already_replayed" | "unknown" | "invalid";
  message: string | null;
}

/** Input of `admin.deadLetters.discard`. */
export interface DiscardInput {
  eventIds: string[];
}

/** Response of `admin.deadLetters.discard`: how many were deleted. */
export interface DiscardResponse {
  discarded: number;
}

/** Which events to show; an absent field matches all. */
export interface EventFilter {
  type?: string | undefined;
  sessionId?: string | undefined;
  userId?: string | undefined;
}

/** Input of `admin.recentEvents`. */
export interface RecentEventsInput extends EventFilter {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Response of `admin.recentEvents`: newest first. */
export interface EventPage {
  events: ListedEvent[];
  /** `null` on the last page. */
  nextCursor: string | null;
}

/** An event in a list. */
export interface ListedEvent {
  eventId: string;
  receivedAt: string | null;
  occurredAt: string | null;
  eventType: string;
  knownEventType: boolean;
  source: string;
  entityType: string | null;
  entityId: string | null;
  sessionId: string | null;
  userId: string | null;
  state: "buffered" | "stored";
}

/** Input of `admin.tail`. */
export interface TailInput extends EventFilter {
  /** Set by tRPC when it resumes. */
  lastEventId?: string | null | undefined;
}

/** An update of `admin.tail`: new events, newest first. */
export interface TailUpdate {
  events: ListedEvent[];
  /** Older events of this update were left out. */
  more: boolean;
}

/** Input of `admin.receipt`. */
export type ReceiptInput =
  | { eventId: string; idempotencyKey?: undefined }
  | { idempotencyKey: string; eventId?: undefined };

/** Response of `admin.receipt`: an event's lifecycle so far. */
export interface Receipt {
  state: "unknown" | "buffered" | "stored" | "enriched" | "dead_lettered";
  eventId: string | null;
  receivedAt: string | null;
  storedAt: string | null;
  enrichedAt: string | null;
  deadAt: string | null;
  replayedAt: string | null;
  reason: string | null;
  /** The columns of `events`. */
  event: Record<string, unknown> | null;
  /** The columns of `event_enrichments`. */
  enrichment: Record<string, unknown> | null;
}

/** Response of `admin.overview`. */
export interface Overview {
  at: string;
  buffer: { events: number; oldestSeconds: number | null; isProcessing: boolean };
  /** All-time counters of all processes. */
  balance: {
    received: number;
    accepted: number;
    duplicates: number;
    rejected: number;
    buffered: number;
    stored: number;
    replays: number;
    dead_letters: number;
    set_aside: number;
  };
  flush: { p50Ms: number | null; p99Ms: number | null };
  enrichment: { enabled: boolean; lagSeconds: number | null };
  deadLetters: number | null;
  failingRecords: number;
  setAside: number;
  damagedValues: number;
  /** The processes that share the buffer, oldest first (contract 9.15). */
  processes: {
    id: string;
    /** Its machine and process id or, on Deno Deploy, its region and deployment. */
    name: string;
    version: string;
    startedAt: string;
    seenAt: string;
    /** Events that it has accepted since it was started. */
    accepted: number;
    acceptedPerSecond: number;
    /** When it last stored events; `null`: not yet. */
    flushedAt: string | null;
  }[];
  /** `null` where a component is healthy, otherwise the reason. */
  health: {
    kv: string | null;
    postgres: string | null;
    flush: string | null;
    enrichment: string | null;
  };
  /** The difference of each equation: 0 if it holds, `null` if it cannot be checked now. */
  reconciliation: { received: number; accepted: number; rows: number | null };
  suspectKv: string | null;
}

/** Response of `admin.rejections`: the rules that clients broke, most recent first. */
export interface Rejections {
  hours: number;
  rejections: RejectedRule[];
}

/** A rule that clients broke. */
export interface RejectedRule {
  kind: string;
  rule: string;
  message: string;
  events: number;
  firstAt: string;
  lastAt: string;
  example: string;
}

/** Input of `admin.timeseries`. */
export interface TimeseriesInput {
  measure:
    | "type"
    | "source"
    | "channel"
    | "device"
    | "country"
    | "duplicates"
    | "rejected"
    | "flush";
  range: "hour" | "day" | "month";
}

/** Response of `admin.timeseries`. */
export interface Timeseries {
  /** Start of each step in epoch seconds; the last step is still in progress. */
  times: number[];
  stepSeconds: number;
  unit: "events" | "ms";
  series: { name: string; values: (number | null)[] }[];
}
