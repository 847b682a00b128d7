import { assertEquals, assertRejects } from "../support/assert.ts";
import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import { openTestApp } from "../support/app.ts";
import { openClosedDatabase, serve } from "../support/server.ts";
import type * as guide from "../packages/projects/guide/src/types/analytics.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

type Inputs = inferRouterInputs<AppRouter>["eventIngestion"];
type Outputs = inferRouterOutputs<AppRouter>["eventIngestion"];
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
type Accepts<Input, Given> = Given extends Input ? true : false;

/** Checked by the compiler: the client's inputs and outputs have the guide's types. */
const types: {
  track: Equal<Outputs["track"], guide.EventCreated>;
  trackBatch: Equal<Outputs["trackBatch"], guide.BatchTrackResponse>;
  getStats: Equal<Outputs["getStats"], guide.IngestionStats>;
  forceFlush: Equal<Outputs["forceFlush"], { flushed: boolean; message: string }>;
  procedures: Equal<keyof Outputs, "track" | "trackBatch" | "getStats" | "forceFlush">;
  takesTheGuidesEvent: Accepts<Inputs["track"], guide.TrackEventInput>;
  takesTheGuidesBatch: Accepts<Inputs["trackBatch"], { events: guide.TrackEventInput[] }>;
  needsAnEventType: Equal<Accepts<Inputs["track"], { source: "web" }>, false>;
  knowsTheSources: Equal<Accepts<Inputs["track"], { eventType: "x"; source: "fridge" }>, false>;
  knowsTheEntityTypes: Equal<Accepts<Inputs["track"], { eventType: "x"; entityType: "y" }>, false>;
  needsEvents: Equal<Accepts<Inputs["trackBatch"], { events: string[] }>, false>;
  takesNothing: Accepts<Inputs["getStats"], undefined>;
  takesNulls: Accepts<
    Inputs["track"],
    { eventType: "x"; source: null; sessionId: null; props: null; attribution: { utmTerm: null } }
  >;
} = {
  track: true,
  trackBatch: true,
  getStats: true,
  forceFlush: true,
  procedures: true,
  takesTheGuidesEvent: true,
  takesTheGuidesBatch: true,
  needsAnEventType: true,
  knowsTheSources: true,
  knowsTheEntityTypes: true,
  needsEvents: true,
  takesNothing: true,
  takesNulls: true,
};

Deno.test("2.12 the guide's examples work with createTRPCClient<AppRouter>, typed as in the guide", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  assertEquals(new Set(Object.values(types)), new Set([true]));
  const links = [httpBatchLink({ url: `${server.url}/api/trpc`, maxURLLength: 2083 })];
  const { eventIngestion } = createTRPCClient<AppRouter>({ links });
  const track: (event: guide.TrackEventInput) => Promise<guide.EventCreated> = (event) =>
    eventIngestion.track.mutate(event);

  const sessionId = crypto.randomUUID();
  const entityId = "cjld2cjxh0000qzrmn831i7rn";
  const examples: guide.TrackEventInput[] = [
    {
      eventType: "asset_viewed",
      source: "web",
      entityId,
      entityType: "asset",
      sessionId,
      props: { view_duration_ms: 0, referrer: "" },
      attribution: { utmSource: "newsletter", landingPage: "https://www.yesgoddess.agency/a?b=c" },
    },
    { eventType: "post_scroll_depth", props: { scrollDepthPercentage: 50 } },
    {
      eventType: "license_signed",
      entityId,
      entityType: "license",
      idempotencyKey: crypto.randomUUID(),
      props: { license_id: entityId },
    },
    { eventType: "page_viewed", sessionId, props: { page: "/" } },
  ];
  assertEquals(
    await Promise.all(examples.map(track)),
    Array(4).fill({ eventId: null, tracked: true }),
  );
  const synced: guide.BatchTrackResponse = await eventIngestion.trackBatch.mutate({
    events: [{ eventType: "user_logged_in", sessionId }],
  });
  assertEquals([synced.successful, synced.total], [1, 1]);
});

Deno.test("a client of the guide reads from error.data what went wrong", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const links = [httpLink({ url: `${server.url}/api/trpc` })];
  const { eventIngestion } = createTRPCClient<AppRouter>({ links });
  const error: TRPCClientError<AppRouter> = await assertRejects(
    () => eventIngestion.track.mutate({ eventType: "page_viewed", sessionId: "not-a-uuid" }),
    TRPCClientError<AppRouter>,
  );
  const zodError: { fieldErrors: Readonly<Record<string, readonly string[]>> } | undefined = error
    .data?.zodError;
  assertEquals([error.data?.code, error.data?.httpStatus], ["BAD_REQUEST", 400]);
  assertEquals(Object.keys(zodError?.fieldErrors ?? {}), ["sessionId"]);
});
