/** The router's type for tRPC 11: `createTRPCClient<AppRouter>`. No code, and no service. */

import type {
  AnyTRPCRouter,
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from "@trpc/server";
import type {
  ApiKeyList,
  BatchTrackInput,
  BatchTrackResponse,
  CreatedApiKey,
  DeadLetterPage,
  DeadLettersInput,
  DiscardInput,
  DiscardResponse,
  ErrorShape,
  EventCreated,
  EventPage,
  FlushResponse,
  IngestionStats,
  NewApiKeyInput,
  Overview,
  Receipt,
  ReceiptInput,
  RecentEventsInput,
  Rejections,
  ReplayInput,
  ReplayResponse,
  RevokeInput,
  RevokeResponse,
  TailInput,
  TailUpdate,
  Timeseries,
  TimeseriesInput,
  TrackEventInput,
} from "./types.ts";

export type * from "./types.ts";

/** `{}`, or nothing. */
type NoInput = Record<string, never> | undefined;

interface Query<Input, Output> extends
  TRPCQueryProcedure<{
    input: Input;
    output: Output;
    meta: object;
  }> {}

interface Mutation<Input, Output> extends
  TRPCMutationProcedure<{
    input: Input;
    output: Output;
    meta: object;
  }> {}

interface Subscription<Input, Update> extends
  TRPCSubscriptionProcedure<{
    input: Input;
    output: AsyncIterable<{ id: string; data: Update }, void>;
    meta: object;
  }> {}

/** Configuration of the router: its errors, and no transformer. */
export interface RootTypes {
  ctx: object;
  meta: object;
  errorShape: ErrorShape<TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER>;
  transformer: false;
}

/** The procedures of `eventIngestion`. */
export type EventIngestionProcedures = {
  track: Mutation<TrackEventInput, EventCreated>;
  trackBatch: Mutation<BatchTrackInput, BatchTrackResponse>;
  /** For admins. */
  getStats: Query<NoInput, IngestionStats>;
  /** For admins. */
  forceFlush: Mutation<NoInput, FlushResponse>;
};

/** The procedures of `admin`, for admins. */
export type AdminProcedures = {
  overview: Query<NoInput, Overview>;
  timeseries: Query<TimeseriesInput, Timeseries>;
  recentEvents: Query<RecentEventsInput, EventPage>;
  tail: Subscription<TailInput, TailUpdate>;
  receipt: Query<ReceiptInput, Receipt>;
  deadLetters: {
    list: Query<DeadLettersInput, DeadLetterPage>;
    replay: Mutation<ReplayInput, ReplayResponse>;
    discard: Mutation<DiscardInput, DiscardResponse>;
  };
  apiKeys: {
    list: Query<NoInput, ApiKeyList>;
    create: Mutation<NewApiKeyInput, CreatedApiKey>;
    revoke: Mutation<RevokeInput, RevokeResponse>;
  };
  rejections: Query<NoInput, Rejections>;
};

/** The router of the service. */
export type AppRouter = TRPCBuiltRouter<
  RootTypes,
  { eventIngestion: EventIngestionProcedures; admin: AdminProcedures }
>;

/** The sub-router `eventIngestion` alone. */
export type EventIngestionRouter = TRPCBuiltRouter<RootTypes, EventIngestionProcedures>;

/**
 * Another router with `eventIngestion` mounted in it: the type of a client that sends those calls to
 * Sluice by a `splitLink`, and all others to its own API. Errors have the type of the other router's.
 */
export type WithEventIngestion<Own extends AnyTRPCRouter> = TRPCBuiltRouter<
  Own["_def"]["_config"]["$types"],
  Own["_def"]["record"] & { eventIngestion: EventIngestionProcedures }
>;
