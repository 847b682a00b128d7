import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import {
  createTRPCUntypedClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import { openTestApp } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin, serve, type TestServer } from "../support/server.ts";
import type { Call, Session, Settled, V10Link } from "./v10_client.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

type Headers = Readonly<Record<string, string>>;

/** Makes calls concurrently, with its own client and link. */
type Together = (url: string, headers: Headers, calls: readonly Call[]) => Promise<Settled[]>;

interface Client {
  readonly name: string;
  readonly together: Together;
  /** Whether calls of one kind share a request. */
  readonly batches: boolean;
  /** How queries are sent. */
  readonly queriesBy: "GET" | "POST";
}

function v11(link: (url: string, headers: Headers) => TRPCLink<AppRouter>): Together {
  return async (url, headers, calls) => {
    const client = createTRPCUntypedClient<AppRouter>({ links: [link(url, headers)] });
    return await Promise.all(calls.map(async ({ type, procedure, input }): Promise<Settled> => {
      try {
        return { data: await client[type](`eventIngestion.${procedure}`, input) };
      } catch (error) {
        if (!(error instanceof TRPCClientError)) throw error;
        return { error: { message: error.message, data: error.data } };
      }
    }));
  };
}

function v10(link: V10Link): Together {
  return async (url, headers, calls) => {
    const session: Session = { link, url, headers, calls };
    const program = new URL("./v10_client.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", "--no-lock", "--allow-net", "--allow-env", program],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    await new Blob([JSON.stringify(session)]).stream().pipeTo(child.stdin);
    const { success, stdout } = await child.output();
    assert(success, `the v10 client with ${link} failed`);
    return JSON.parse(new TextDecoder().decode(stdout));
  };
}

const override = { methodOverride: "POST" } as const;

const clients: readonly Client[] = [
  {
    name: "v11 httpLink",
    together: v11((url, headers) => httpLink({ url, headers })),
    batches: false,
    queriesBy: "GET",
  },
  {
    name: "v11 httpLink with methodOverride",
    together: v11((url, headers) => httpLink({ url, headers, ...override })),
    batches: false,
    queriesBy: "POST",
  },
  {
    name: "v11 httpBatchLink",
    together: v11((url, headers) => httpBatchLink({ url, headers, maxURLLength: 2083 })),
    batches: true,
    queriesBy: "GET",
  },
  {
    name: "v11 httpBatchLink with methodOverride",
    together: v11((url, headers) => httpBatchLink({ url, headers, ...override })),
    batches: true,
    queriesBy: "POST",
  },
  {
    name: "v11 httpBatchStreamLink",
    together: v11((url, headers) => httpBatchStreamLink({ url, headers })),
    batches: true,
    queriesBy: "GET",
  },
  { name: "v10 httpLink", together: v10("httpLink"), batches: false, queriesBy: "GET" },
  { name: "v10 httpBatchLink", together: v10("httpBatchLink"), batches: true, queriesBy: "GET" },
  {
    name: "v10 httpBatchStreamLink",
    together: v10("unstable_httpBatchStreamLink"),
    batches: true,
    queriesBy: "GET",
  },
];

const tracked = { eventId: null, tracked: true };
const config = {
  batchSize: 100,
  batchTimeoutMs: 10_000,
  enableDeduplication: true,
  enableEnrichment: true,
  deduplicationTtlSeconds: 60,
};

function mutation(procedure: "track" | "trackBatch" | "forceFlush", input: unknown): Call {
  return { type: "mutation", procedure, input };
}

/** The methods of the requests since the last call. */
function methodsOf({ requests }: TestServer, since = 0): (string | undefined)[] {
  return requests.slice(since).map((request) => request.split(" ")[0]);
}

for (const { name, together, batches, queriesBy } of clients) {
  Deno.test(`1.2 ${name} reaches every procedure and gets the guide's shapes`, async () => {
    await using app = await openTestApp(postgres.database);
    await using server = serve(app.app);
    const url = `${server.url}/api/trpc`;
    const admin = await asAdmin(app);
    const sessionId = crypto.randomUUID();
    const viewed = { eventType: "asset_viewed", props: { view_duration_ms: 0 }, sessionId };
    const events = [{ eventType: "page_viewed", sessionId }, { eventType: "", sessionId }];
    const mutations = [mutation("track", viewed), mutation("trackBatch", { events })];
    const error = 'eventType must be a string of 1 to 100 characters, got ""';
    const results = [
      { index: 0, status: "fulfilled", data: tracked, error: null },
      { index: 1, status: "rejected", data: null, error },
    ];
    assertEquals(await together(url, {}, mutations), [
      { data: tracked },
      { data: { total: 2, successful: 1, failed: 1, results } },
    ]);
    assertEquals(methodsOf(server), batches ? ["POST"] : ["POST", "POST"]);

    const queries: Call[] = [
      { type: "query", procedure: "getStats", input: {} },
      { type: "query", procedure: "getStats" },
    ];
    const stats = { data: { bufferSize: 2, isProcessing: false, config } };
    const since = server.requests.length;
    assertEquals(await together(url, admin, queries), [stats, stats]);
    assertEquals(methodsOf(server, since), batches ? [queriesBy] : [queriesBy, queriesBy]);

    const flush = [mutation("forceFlush", {})];
    const flushed = [{ data: { flushed: true, message: "Flushed 2 events" } }];
    assertEquals(await together(url, admin, flush), flushed);
    const [row] = await postgres.database.run((sql) =>
      sql<[{ count: number }]>`
        select count(*)::integer as count from events where session_id = ${sessionId}::uuid
      `
    );
    assertEquals(row.count, 2);
  });

  Deno.test(`2.5 ${name} gives each refused call its own error, without a stack`, async () => {
    await using app = await openTestApp(postgres.database);
    await using server = serve(app.app);
    const url = `${server.url}/api/trpc`;
    const entityId = "cjld2cjxh0000qzrmn831i7rn";
    const calls = [
      mutation("track", { eventType: "page_viewed" }),
      mutation("track", { eventType: "", entityId }),
      mutation("track", { eventType: "post_viewed" }),
      mutation("track", { eventType: "x", entityId }),
      mutation("forceFlush", {}),
    ];
    const path = "eventIngestion.track";
    const empty = 'must be a string of 1 to 100 characters, got ""';
    const needsType = "entityType is required when entityId is provided";
    const badRequest = { code: "BAD_REQUEST", httpStatus: 400, path };
    const settled = await together(url, {}, calls);
    assertEquals(settled.map((each) => "error" in each ? each.error.data : each.data), [
      tracked,
      { ...badRequest, zodError: { fieldErrors: { eventType: [empty] }, formErrors: [needsType] } },
      { code: "PRECONDITION_FAILED", httpStatus: 412, path },
      { ...badRequest, zodError: { fieldErrors: {}, formErrors: [needsType] } },
      { code: "UNAUTHORIZED", httpStatus: 401, path: "eventIngestion.forceFlush" },
    ]);
    const messages = settled.map((each) => "error" in each ? each.error.message : "");
    assertStringIncludes(messages[1] ?? "", "eventType");
    assertStringIncludes(messages[2] ?? "", "props.post_id");
    assertEquals(messages[3], needsType);
    assertEquals(server.requests.length, batches ? 1 : calls.length);
  });

  Deno.test(`2.7 ${name} reports a body over the limit like any other error`, async () => {
    await using app = await openTestApp(postgres.database);
    await using server = serve(app.app);
    const event = { eventType: "page_viewed", props: { text: "x".repeat(600 * 1024) } };
    const calls = [mutation("track", event), mutation("track", event)];
    const settled = await together(`${server.url}/api/trpc`, {}, calls);
    const data = { code: "PAYLOAD_TOO_LARGE", httpStatus: 413, path: "eventIngestion.track" };
    assertEquals(
      settled.map((each) => "error" in each ? each.error.data : each.data),
      [data, data],
    );
  });
}
