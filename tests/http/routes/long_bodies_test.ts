import { systemClock } from "../../../src/clock.ts";
import { createHttp } from "../../../src/http/app.ts";
import { BODY_MS } from "../../../src/http/body.ts";
import { ByteBudget } from "../../../src/http/byte_budget.ts";
import { createWorkLimit } from "../../../src/limits/work_limit.ts";
import { Deadline } from "../../../src/http/deadline.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";

const deadline = new Deadline(systemClock, BODY_MS);
deadline[Symbol.dispose](); // from the beginning: it leaves no timer between tests

const http = createHttp({
  bodies: { deadline, arriving: new ByteBudget(50_000), work: createWorkLimit(systemClock) },
  auth: { cookie: "session" },
  corsOrigins: ["*"],
  assets: new Map(),
  readDemoEvents: null,
  trustedProxies: 0,
  clientIpHeader: null,
  locationHeaders: "none",
  observeRequest: () => {},
} as never);

for (
  const path of [
    "/v1/events",
    "/v1/events/batch",
    "/v1/beacon",
    "/api/trpc/eventIngestion.track",
    "/api/trpc/eventIngestion.trackBatch",
    "/api/trpc/eventIngestion.track?batch=1",
  ]
) {
  Deno.test(`2.18 a long body is 429 with Retry-After while too many bytes arrive: ${path}`, async () => {
    const body = JSON.stringify({ eventType: "x", padding: "x".repeat(70_000) });
    const response = await http.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": `${body.length}` },
      body,
    });
    assertEquals([response.status, response.headers.get("retry-after")], [429, "5"]);
    assertStringIncludes(await response.text(), "bytes of long bodies are arriving");
  });
}
