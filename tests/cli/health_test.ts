import { assertEquals, assertMatch } from "../support/assert.ts";
import { checkHealth, readyzUrl } from "../../src/cli/health.ts";
import { loadConfig } from "../../src/config.ts";
import { freePort } from "../support/command.ts";

/** Serves one response, and checks it. */
async function checkResponse(body: string, status: number) {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(body, { status }),
  );
  const { port } = server.addr;
  return await checkHealth(readyzUrl({ PORT: String(port) }));
}

Deno.test("the health check asks where the service listens", () => {
  const { port } = loadConfig({});
  assertEquals(readyzUrl({}), `http://127.0.0.1:${port}/readyz`);
  assertEquals(readyzUrl({ HOST: "", PORT: "" }), `http://127.0.0.1:${port}/readyz`);
  assertEquals(readyzUrl({ HOST: loadConfig({}).host }), `http://127.0.0.1:${port}/readyz`);
  assertEquals(readyzUrl({ HOST: "::", PORT: "80" }), "http://127.0.0.1:80/readyz");
  assertEquals(readyzUrl({ HOST: "::1", PORT: "80" }), "http://[::1]:80/readyz");
  assertEquals(readyzUrl({ HOST: "localhost", PORT: "80" }), "http://localhost:80/readyz");
});

Deno.test("the health check passes while events are accepted", async () => {
  for (const [status, code] of [["ok", 200], ["degraded", 503]] as const) {
    const body = JSON.stringify({ status });
    assertEquals(await checkResponse(body, code), { isHealthy: true, text: body });
  }
});

Deno.test("the health check fails when the service is down, stopping, silent or another", async () => {
  for (const status of ["down", "stopping"]) {
    const body = JSON.stringify({ status });
    assertEquals(await checkResponse(body, 503), { isHealthy: false, text: body });
  }
  assertEquals((await checkResponse("<html>", 200)).isHealthy, false);
  assertEquals((await checkResponse("null", 200)).isHealthy, false);
  const silent = await checkHealth(readyzUrl({ PORT: String(freePort()) }));
  assertEquals(silent.isHealthy, false);
  assertMatch(silent.text, /^No response of http:\/\/127\.0\.0\.1:\d+\/readyz: /);
});
