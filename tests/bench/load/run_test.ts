import { assert, assertEquals } from "../../support/assert.ts";
import { Run } from "./run.ts";
import type { Load } from "./types.ts";

const TRACKED = '{"result":{"data":{"eventId":null,"tracked":true}}}';

/** Makes a load on a server that answers as it is told. */
async function runOn(
  answer: () => Response | Promise<Response>,
  load: Partial<Load>,
  during: (run: Run) => void = () => {},
) {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (r) => {
    await r.arrayBuffer();
    return await answer();
  });
  const { port } = server.addr;
  const run = new Run({
    port,
    route: "track",
    connections: 2,
    seconds: 0.2,
    rate: null,
    window: null,
    keyed: false,
    ...load,
  });
  during(run);
  return await run.make();
}

Deno.test("what a server takes is counted, and so are its answers", async () => {
  let served = 0;
  const result = await runOn(() => {
    served += 1;
    return new Response(TRACKED);
  }, {});
  assertEquals([result.accepted, result.failures], [served, 0]);
  assert(result.requests > 0 && result.requests <= served);
});

Deno.test("an answer that promises nothing is a failure, whatever its status", async () => {
  const untracked = TRACKED.replace("true", "false");
  for (const response of [new Response(untracked), new Response(TRACKED, { status: 500 })]) {
    const result = await runOn(() => response.clone(), { seconds: 0.05 });
    assertEquals([result.accepted, result.requests], [0, 0]);
    assert(result.failures > 0 && result.failure?.startsWith(String(response.status)));
  }
});

Deno.test("at a rate, so many requests are sent as the time is long", async () => {
  const { requests } = await runOn(() => new Response(TRACKED), { rate: 250 });
  assertEquals(requests, 50);
});

Deno.test("at a rate, a server that stalls is late for every request that was due meanwhile", async () => {
  const stall = Promise.withResolvers<void>();
  let asked = 0;
  const { p50Ms } = await runOn(async () => {
    asked += 1;
    if (asked === 1) setTimeout(stall.resolve, 150);
    await stall.promise;
    return new Response(TRACKED);
  }, { rate: 100, connections: 1 });
  assert(p50Ms > 40, `p50 ${p50Ms} ms`);
});

Deno.test("with a window, no more is accepted than what was done makes room for", async () => {
  const { accepted } = await runOn(
    () => new Response(TRACKED),
    { window: 10, connections: 1, seconds: 0.1 },
    (run) => void setTimeout(() => run.noteDone(5), 120),
  );
  assertEquals(accepted, 10);
});
