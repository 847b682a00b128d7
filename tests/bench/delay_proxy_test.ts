import { assertEquals, assertGreaterOrEqual, assertLess } from "../support/assert.ts";
import { DelayProxy } from "./delay_proxy.ts";
import { Connection } from "./load/connection.ts";

const DELAY_MS = 200;

/** A request with a body of that many bytes. */
function requestOf(length: number): Uint8Array {
  const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${length}\r\n\r\n`;
  return new TextEncoder().encode(head + "x".repeat(length));
}

Deno.test("every request takes the delay longer, once however long it is, and arrives whole", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => new Response(String((await request.text()).length)),
  );
  await using proxy = new DelayProxy(server.addr.port, DELAY_MS);
  const took: number[] = [];
  {
    using connection = await Connection.open(proxy.port);
    for (const length of [1, 1_000_000]) {
      const startedAt = performance.now();
      const { body } = await connection.request(requestOf(length));
      took.push(performance.now() - startedAt);
      assertEquals(body, String(length));
    }
  }
  for (const ms of took) assertGreaterOrEqual(ms, DELAY_MS);
  // A million bytes are sixteen reads or more.
  assertLess(Math.max(...took), 10 * DELAY_MS);
});
