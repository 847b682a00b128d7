/** Inputs and responses, usable without tRPC. */

export type { EntityType, EventSource, EventType } from "../events/catalogue.ts";
export type {
  BatchResult,
  BatchTrackResponse,
  EventCreated,
  FlushResponse,
  IngestionStats,
} from "../events/responses.ts";
export type {
  AttributionData,
  BatchTrackInput,
  EventContext,
  TrackEventInput,
} from "../events/track_input.ts";
export type {
  ApiKeyEntry,
  ApiKeyList,
  ApiKeyScope,
  CreatedApiKey,
  DeadLetter,
  DeadLetterPage,
  DeadLettersInput,
  DiscardInput,
  DiscardResponse,
  EventFilter,
  EventPage,
  ListedEvent,
  NewApiKeyInput,
  Overview,
  Receipt,
  ReceiptInput,
  RecentEventsInput,
  RejectedRule,
  Rejections,
  ReplayInput,
  ReplayResponse,
  ReplayResult,
  RevokeInput,
  RevokeResponse,
  TailInput,
  TailUpdate,
  Timeseries,
  TimeseriesInput,
} from "./admin.ts";
export type { ErrorShape, ZodErrorData } from "./errors.ts";
