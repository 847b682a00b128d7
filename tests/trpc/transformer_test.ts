/** Clients with a data transformer, which the router does not have. */

import {
  createTRPCUntypedClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
} from "@trpc/client";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { asAdmin, openClosedDatabase, refusalOf, serve } from "../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** Writes and reads as superjson does. */
const superjson = {
  serialize: (value: unknown) =>
    value === undefined ? { json: null, meta: { values: ["undefined"] } } : { json: value },
  deserialize: (text: { json: unknown }) => text.json,
};
/** Writes a text and reads one, as devalue does. */
const devalue = {
  serialize: (value: unknown) => JSON.stringify([value]),
  deserialize: (text: string) => JSON.parse(text)[0],
};

const links = { httpLink, httpBatchLink, httpBatchStreamLink };
const calls: readonly (readonly ["mutation" | "query", string, unknown])[] = [
  ["mutation", "eventIngestion.track", { eventType: "x" }],
  ["mutation", "eventIngestion.trackBatch", { events: [{ eventType: "x" }] }],
  ["query", "eventIngestion.getStats", undefined],
  ["mutation", "eventIngestion.forceFlush", undefined],
];

for (const [name, link] of Object.entries(links)) {
  Deno.test(`1.21 a client with superjson and ${name} reads an error that names it`, async () => {
    await using app = await openTestApp(database);
    await using server = serve(app.app);
    const options = {
      url: `${server.url}/api/trpc`,
      headers: await asAdmin(app),
      transformer: superjson,
    };
    const client = createTRPCUntypedClient({ links: [link(options as never)] });
    for (const [type, path, input] of calls) {
      const result = await client[type](path, input).then((data) => `answered ${data}`, (e) => e);
      assert(result instanceof TRPCClientError, String(result));
      assertStringIncludes(result.message, "which the transformer superjson makes");
      assertStringIncludes(result.message, "remove `transformer` from the links of the client");
      assertEquals(result.data.httpStatus, 400);
    }
    const links = [link({ ...options, headers: {} } as never)];
    const stranger = createTRPCUntypedClient({ links });
    const refused = await stranger.query("eventIngestion.getStats").catch((error) => error);
    assertStringIncludes(
      String(refused),
      "This endpoint requires a token or an API key, and the request has neither",
    );
  });
}

Deno.test("1.21 a client with devalue gets an error that names it", async () => {
  await using app = await openTestApp(database);
  for (const procedure of ["track", "trackBatch"]) {
    const body = JSON.stringify(devalue.serialize({ eventType: "x" }));
    const response = await app.post(`/api/trpc/eventIngestion.${procedure}`, body);
    const { error } = await response.json();
    assertEquals(response.status, 400);
    assertStringIncludes(error.message, "the transformer devalue makes");
  }
});

Deno.test("1.21 REST says so as well, in zodError too", async () => {
  await using app = await openTestApp(database);
  const { status, message, zodError } = await refusalOf(
    app.post("/v1/events", { json: { eventType: "x" }, meta: {} }),
  );
  assertEquals([status, zodError?.formErrors], [400, [message]]);
  assertStringIncludes(message, "superjson");
  const batch = await refusalOf(app.post("/v1/events/batch", { json: { events: [] } }));
  assertStringIncludes(batch.message, "superjson");
});

Deno.test("1.21 an event may have unknown fields named json or meta", async () => {
  await using app = await openTestApp(database);
  const event = { eventType: "page_viewed", json: {}, meta: {} };
  assertEquals((await app.post("/v1/events", event)).status, 200);
  const { message } = await refusalOf(app.post("/v1/events", { json: {}, source: "web" }));
  assertStringIncludes(message, "eventType must be a string");
});
