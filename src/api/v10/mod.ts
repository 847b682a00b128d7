/** The router's type for tRPC 10: `createTRPCProxyClient<AppRouter>`. No code, and no service. */

import type {
  AnyRouter,
  CreateRouterInner,
  DefaultDataTransformer,
  DefaultErrorShape,
  Procedure,
  ProcedureParams,
  RootConfig,
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
  Timeseries,
  TimeseriesInput,
  TrackEventInput,
} from "../types.ts";

export type * from "../types.ts";

/** `{}`, or nothing. */
type NoInput = Record<string, never> | undefined;

/** tRPC 10 does not know all codes. */
type Code = DefaultErrorShape["data"]["code"] | "SERVICE_UNAVAILABLE";

/** Configuration of the router: its errors, and no transformer. */
export type Config = RootConfig<{
  ctx: object;
  meta: object;
  errorShape: ErrorShape<Code, number>;
  transformer: DefaultDataTransformer;
}>;

type Params<Input, Output> = ProcedureParams<Config, object, Input, Input, Output, Output, object>;

interface Query<Input, Output> extends Procedure<"query", Params<Input, Output>> {}

interface Mutation<Input, Output> extends Procedure<"mutation", Params<Input, Output>> {}

/** The sub-router `eventIngestion` alone. */
export type EventIngestionRouter = CreateRouterInner<Config, {
  track: Mutation<TrackEventInput, EventCreated>;
  trackBatch: Mutation<BatchTrackInput, BatchTrackResponse>;
  /** For admins. */
  getStats: Query<NoInput, IngestionStats>;
  /** For admins. */
  forceFlush: Mutation<NoInput, FlushResponse>;
}>;

/** The sub-router `admin`, for admins; without `tail`, which the links of tRPC 10 cannot receive. */
export type AdminRouter = CreateRouterInner<Config, {
  overview: Query<NoInput, Overview>;
  timeseries: Query<TimeseriesInput, Timeseries>;
  recentEvents: Query<RecentEventsInput, EventPage>;
  receipt: Query<ReceiptInput, Receipt>;
  deadLetters: CreateRouterInner<Config, {
    list: Query<DeadLettersInput, DeadLetterPage>;
    replay: Mutation<ReplayInput, ReplayResponse>;
    discard: Mutation<DiscardInput, DiscardResponse>;
  }>;
  apiKeys: CreateRouterInner<Config, {
    list: Query<NoInput, ApiKeyList>;
    create: Mutation<NewApiKeyInput, CreatedApiKey>;
    revoke: Mutation<RevokeInput, RevokeResponse>;
  }>;
  rejections: Query<NoInput, Rejections>;
}>;

/** The router of the service. */
export type AppRouter = CreateRouterInner<
  Config,
  { eventIngestion: EventIngestionRouter; admin: AdminRouter }
>;

/**
 * Another router with `eventIngestion` mounted in it: the type of a client that sends those calls to
 * Sluice by a `splitLink`, and all others to its own API. Errors have the type of the other router's.
 */
export type WithEventIngestion<Own extends AnyRouter> = CreateRouterInner<
  Own["_def"]["_config"],
  Own["_def"]["record"] & { eventIngestion: EventIngestionRouter }
>;
