import { assertEquals } from "../../support/assert.ts";
import { Connection } from "./connection.ts";

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");

Deno.test("bodies of a known length and bodies in chunks are read whole, one after the other", async () => {
  const chunks = ["a".repeat(70_000), "\r\n0\r\n\r\n", "c"];
  const responses = [
    () => new Response("known", { status: 201 }),
    () => new Response(ReadableStream.from(chunks).pipeThrough(new TextEncoderStream())),
    () => new Response(""),
  ];
  let next = 0;
  const serve = () => responses[next++ % responses.length]?.() ?? new Response();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serve);
  using connection = await Connection.open(server.addr.port);
  for (const [status, body] of [[201, "known"], [200, chunks.join("")], [200, ""]]) {
    assertEquals(await connection.request(REQUEST), { status, body });
  }
});
