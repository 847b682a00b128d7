/** The service on addresses of IPv6, as a process. */

import { toUrlHost } from "../../src/cli/host.ts";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { MAIN, startProcess } from "../support/service_process.ts";

const ignore = !hasIpv6();

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

async function startOn(host: string) {
  return await startProcess(MAIN, {
    HOST: host,
    KV_PATH: ":memory:",
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
  });
}

async function isUp(host: string, url: string): Promise<boolean> {
  const { port } = new URL(url);
  try {
    const response = await fetch(`http://${host}:${port}/livez`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

const hosts: readonly (readonly [host: string, logged: string, v4: boolean, v6: boolean])[] = [
  ["::", "localhost", true, true],
  ["[::1]", "[::1]", false, true],
  ["127.0.0.1", "127.0.0.1", true, false],
];

for (const [host, logged, v4, v6] of hosts) {
  Deno.test(
    { ignore, name: `12.8 HOST=${host} listens there and logs a URL that works` },
    async () => {
      await using service = await startOn(host);
      assertEquals(await isUp("127.0.0.1", service.url), v4);
      assertEquals(await isUp("[::1]", service.url), v6);
      assertStringIncludes(service.log(), `"host":"${logged}"`);
    },
  );
}

Deno.test("12.8 an address that this machine does not have is one sentence", async () => {
  const error = await assertRejects(() => startOn("192.0.2.7"));
  assertMatch(String(error), /\nHOST must be an address of this machine, got "192\.0\.2\.7"\.\n/);
});

Deno.test("12.8 the host of a URL has brackets around IPv6, and a name for all addresses", () => {
  const given = ["0.0.0.0", "::", "::1", "192.0.2.1", "localhost"].map(toUrlHost);
  assertEquals(given, ["localhost", "localhost", "[::1]", "192.0.2.1", "localhost"]);
});
