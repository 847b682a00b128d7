import { assertEquals } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { captureLogs } from "../../support/logs.ts";
import { openClosedDatabase } from "../../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const TRACK = "/api/trpc/eventIngestion.track";

Deno.test("a body that the caller aborts is not logged as an error", async () => {
  await using app = await openTestApp(database);
  await using logs = await captureLogs();
  for (const path of ["/v1/events", "/v1/events/batch", "/v1/beacon", TRACK, `${TRACK}?batch=1`]) {
    const body = new ReadableStream({
      pull: (stream) => stream.error(new TypeError("request body receiver not connected")),
    });
    const headers = { "content-type": "application/json", "content-length": "1000" };
    const request = new Request(`http://sluice.test${path}`, { method: "POST", headers, body });
    const response = await app.app.fetch(request);
    assertEquals(response.status, 408, path);
    await response.body?.cancel();
  }
  assertEquals([...logs.of("error"), ...logs.of("warning")], []);
});
