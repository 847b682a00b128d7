/** `eventIngestion` beside the procedures of somebody's own API: by a `splitLink`, and mounted in its root. */

import {
  createTRPCClient,
  createTRPCUntypedClient,
  httpBatchLink,
  httpLink,
  splitLink,
  TRPCClientError,
} from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type {
  AppRouter,
  EventContext,
  TrackEventInput,
  WithEventIngestion,
} from "../../src/api/mod.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, serve } from "../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Wraps values as superjson does, so that a call that goes to the wrong service fails. */
const wrapping = {
  serialize: (value: unknown): unknown => ({ json: value }),
  deserialize: (value: { json: unknown }): unknown => value.json,
};
/** Sluice has no transformer. */
const plain = {
  serialize: (value: unknown): unknown => value,
  deserialize: (value: unknown): unknown => value,
};

interface OwnContext {
  readonly request: Request;
  readonly resHeaders: Headers;
}

const t = initTRPC.context<OwnContext>().create({ transformer: wrapping });
const ownRouter = t.router({ hello: t.procedure.query(() => ({ at: "own" })) });

function startOwn(router: Parameters<typeof fetchRequestHandler>[0]["router"]) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (req) =>
      fetchRequestHandler({
        endpoint: "/api/trpc",
        req,
        router,
        createContext: ({ req: request, resHeaders }) => ({ request, resHeaders }),
      }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/api/trpc`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("a splitLink sends eventIngestion to Sluice and all else to the own API, with one type", async () => {
  await using app = await openTestApp(postgres.database);
  await using sluice = serve(app.app);
  await using own = startOwn(ownRouter);
  const client = createTRPCClient<WithEventIngestion<typeof ownRouter>>({
    links: [splitLink({
      condition: ({ path }) => path.startsWith("eventIngestion."),
      true: httpBatchLink({ url: `${sluice.url}/api/trpc`, maxItems: 50, transformer: plain }),
      false: httpBatchLink({ url: own.url, transformer: wrapping }),
    })],
  });
  const sessionId = crypto.randomUUID();
  const [hello, tracked]: [{ at: string }, { eventId: string | null; tracked: boolean }] =
    await Promise.all([
      client.hello.query(),
      client.eventIngestion.track.mutate({ eventType: "page_viewed", sessionId }),
    ]);
  assertEquals([hello, tracked], [{ at: "own" }, { eventId: null, tracked: true }]);
  const error = await assertRejects(
    () => client.eventIngestion.track.mutate({ eventType: "" }),
    TRPCClientError<WithEventIngestion<typeof ownRouter>>,
  );
  assertEquals(error.data?.code, "BAD_REQUEST");
  await forceFlush(app);
  assertEquals(await rowsOf(sessionId), [{ user_id: null, actor_type: null }]);
});

interface Row {
  readonly user_id: string | null;
  readonly actor_type: string | null;
}

async function rowsOf(sessionId: string): Promise<readonly Row[]> {
  return await postgres.database.run(async (sql) => [
    ...await sql<Row[]>`
      select user_id, actor_type from events where session_id = ${sessionId}::uuid order by user_id
    `,
  ]);
}

/** Whose the events of a request are, by the own session; a caller must not be able to say it. */
function contextOf(request: Request): EventContext {
  const userAgent = request.headers.get("user-agent");
  if (request.headers.get("sec-gpc") === "1") return { userAgent };
  return { userId: request.headers.get("x-own-session"), ip: "203.0.113.7", userAgent };
}

/** The router that the own root mounts: it sends with a key that has the scope `ingest:as`. */
function createEventIngestionRouter(url: string, key: string) {
  function forward<T>(
    { request, resHeaders }: OwnContext,
    call: (sluice: SluiceClient, context: EventContext) => Promise<T>,
  ): Promise<T> {
    const link = httpLink({
      url,
      headers: { authorization: `Bearer ${key}` },
      async fetch(input, init) {
        const response = await fetch(input, init as RequestInit);
        for (const name of ["retry-after", "idempotent-replayed"]) {
          const value = response.headers.get(name);
          if (value !== null) resHeaders.set(name, value);
        }
        return response;
      },
    });
    return call(createTRPCClient<AppRouter>({ links: [link] }), contextOf(request)).catch(rethrow);
  }
  return t.router({
    track: t.procedure.input((event: unknown) => event as TrackEventInput)
      .mutation(({ ctx, input }) =>
        forward(ctx, (sluice, context) => sluice.eventIngestion.track.mutate({ ...input, context }))
      ),
    trackBatch: t.procedure.input((batch: unknown) => batch as { events: TrackEventInput[] })
      .mutation(({ ctx, input: { events } }) =>
        forward(ctx, (sluice, context) =>
          sluice.eventIngestion.trackBatch.mutate({
            events: events.map((event) => ({ ...event, context })),
          }))
      ),
  });
}

type SluiceClient = ReturnType<typeof createTRPCClient<AppRouter>>;

function rethrow(error: unknown): never {
  if (!(error instanceof TRPCClientError)) throw error;
  const { data, message } = error as TRPCClientError<AppRouter>;
  throw new TRPCError({ code: data?.code ?? "SERVICE_UNAVAILABLE", message });
}

Deno.test("a router in the own root forwards events with the caller's identity, answers and headers", async () => {
  await using app = await openTestApp(postgres.database);
  await using sluice = serve(app.app);
  const { key } = await createKey(postgres.database, { scopes: ["ingest:as"] });
  const eventIngestion = createEventIngestionRouter(`${sluice.url}/api/trpc`, key);
  await using own = startOwn(t.router({ eventIngestion }));
  const seen: Headers[] = [];
  function callerOf(headers: Record<string, string>) {
    const link = httpLink({
      url: own.url,
      headers,
      transformer: wrapping,
      async fetch(input, init) {
        const response = await fetch(input, init as RequestInit);
        seen.push(response.headers);
        return response;
      },
    });
    return createTRPCUntypedClient({ links: [link] });
  }
  const sessionId = crypto.randomUUID();
  const signed = callerOf({ "x-own-session": "u_1" });
  const idempotencyKey = crypto.randomUUID();
  const event = { eventType: "page_viewed", sessionId, idempotencyKey };
  // A caller that says to be somebody else is not believed
  const forged = { ...event, context: { userId: "u_admin" } };
  const tracked = { eventId: null, tracked: true };
  assertEquals(await signed.mutation("eventIngestion.track", forged), tracked);
  assertEquals(await signed.mutation("eventIngestion.track", forged), tracked);
  assertEquals(seen.map((headers) => headers.get("idempotent-replayed")), [null, "true"]);
  const batch = { events: [{ eventType: "cta_clicked", sessionId, context: { userId: "u_x" } }] };
  const results = [{ index: 0, status: "fulfilled", data: tracked, error: null }];
  assertEquals(await signed.mutation("eventIngestion.trackBatch", batch), {
    total: 1,
    successful: 1,
    failed: 0,
    results,
  });
  const shy = callerOf({ "x-own-session": "u_2", "sec-gpc": "1" });
  assertEquals(
    await shy.mutation("eventIngestion.track", { eventType: "page_viewed", sessionId }),
    tracked,
  );
  const errors = await Promise.all([
    signed.mutation("eventIngestion.track", { eventType: "post_viewed" }).catch(codeOf),
    signed.mutation("eventIngestion.track", { ...event, props: { other: 1 } }).catch(codeOf),
  ]);
  assertEquals(errors, ["PRECONDITION_FAILED", "CONFLICT"]);
  await forceFlush(app);
  assertEquals(await rowsOf(sessionId), [
    { user_id: "u_1", actor_type: "api_key" },
    { user_id: "u_1", actor_type: "api_key" },
    { user_id: null, actor_type: "api_key" },
  ]);
});

Deno.test("an error of the own root keeps the code of Sluice and Retry-After", async () => {
  await using sluice = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    const data = { code: "TOO_MANY_REQUESTS", httpStatus: 429 };
    const error = { message: "full", code: -32029, data };
    return Response.json({ error }, { status: 429, headers: { "retry-after": "7" } });
  });
  const url = `http://127.0.0.1:${sluice.addr.port}/api/trpc`;
  const eventIngestion = createEventIngestionRouter(url, "sluice_key_test");
  await using own = startOwn(t.router({ eventIngestion }));
  const response = await fetch(`${own.url}/eventIngestion.track`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: { eventType: "page_viewed" } }),
  });
  await response.body?.cancel();
  assertEquals([response.status, response.headers.get("retry-after")], [429, "7"]);
});

function codeOf(error: TRPCClientError<AppRouter>): string | undefined {
  return error.data?.code;
}
