import {
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertMatch,
} from "../../support/assert.ts";
import { LoadRun } from "./run.ts";
import type { Load } from "./types.ts";

const TRACKED = '{"result":{"data":{"eventId":null,"tracked":true}}}';

/** Runs a load on a server that responds by `respond`. */
async function runOn(
  respond: () => Response | Promise<Response>,
  load: Partial<Load>,
  during: (run: LoadRun) => void = () => {},
) {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (r) => {
    await r.arrayBuffer();
    return await respond();
  });
  const { port } = server.addr;
  const run = new LoadRun({
    port,
    route: "track",
    connections: 2,
    seconds: 0.2,
    rate: null,
    window: null,
    keys: "none",
    ...load,
  });
  during(run);
  return await run.start();
}

Deno.test("accepted events and responses are counted", async () => {
  let served = 0;
  const result = await runOn(() => {
    served += 1;
    return new Response(TRACKED);
  }, {});
  assertEquals([result.accepted, result.failures], [served, 0]);
  assertGreater(result.requests, 0);
  assertLessOrEqual(result.requests, served);
});

Deno.test("a response that does not acknowledge the event is a failure, whatever its status", async () => {
  const untracked = TRACKED.replace("true", "false");
  for (const response of [new Response(untracked), new Response(TRACKED, { status: 500 })]) {
    const result = await runOn(() => response.clone(), { seconds: 0.05 });
    assertEquals([result.accepted, result.requests], [0, 0]);
    assertGreater(result.failures, 0);
    assertMatch(result.failure ?? "", new RegExp(`^${response.status} `));
  }
});

Deno.test("a rate determines the number of requests", async () => {
  const { requests } = await runOn(() => new Response(TRACKED), { rate: 250 });
  assertEquals(requests, 50);
});

Deno.test("at a rate, a stall counts as latency of every request that was due during it", async () => {
  const stall = Promise.withResolvers<void>();
  let requests = 0;
  const { p50Ms } = await runOn(async () => {
    requests += 1;
    if (requests === 1) setTimeout(stall.resolve, 150);
    await stall.promise;
    return new Response(TRACKED);
  }, { rate: 100, connections: 1 });
  assertGreater(p50Ms, 40);
});

Deno.test("a window bounds the events that are accepted and not yet done", async () => {
  const { accepted } = await runOn(
    () => new Response(TRACKED),
    { window: 10, connections: 1, seconds: 0.1 },
    (run) => void setTimeout(() => run.reportDone(5), 120),
  );
  assertEquals(accepted, 10);
});
