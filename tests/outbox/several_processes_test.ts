import { ENRICHMENT } from "../../src/enrichment/consumer.ts";
import { failingPrefix, outboxKey, outboxPrefix } from "../../src/kv/keys.ts";
import { pack } from "../../src/kv/segment.ts";
import { countSetAside, outboxSource } from "../../src/kv/set_aside.ts";
import type { OutboxRecord } from "../../src/outbox/consumer.ts";
import { Sweep } from "../../src/outbox/sweep.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { lineAt } from "../support/enrichment.ts";
import { forever } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

Deno.test("8.10 8.11 several processes try a failing record less and less often together, and set it aside", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock(Date.now());
  let attempts = 0;
  const consumer = {
    kind: ENRICHMENT,
    span: "enrich",
    needsContext: true,
    process(records: readonly OutboxRecord[]) {
      const lines = records.flatMap(({ lines }) => lines);
      if (!lines.some((line) => line.includes("poison"))) return Promise.resolve();
      if (records.length === 1) attempts += 1;
      return Promise.reject(new Error("no"));
    },
  };
  const start = () => new Sweep({ kv, clock, newId, consumer });
  const processes = [start(), start(), start()];
  const add = async (eventType: string) => {
    const [segment] = pack([lineAt(clock.now(), { eventType })]);
    await kv.set(outboxKey(ENRICHMENT, newId()), segment?.bytes);
  };
  await add("poison");
  await kv.set([...failingPrefix(ENRICHMENT), "damaged"], null);
  for (let minute = 0; minute < 180; minute++) {
    for (const sweep of processes) {
      await add("other");
      await sweep.run(forever);
      await sweep.settled();
    }
    if (minute === 60) processes[0] = start(); // a restart forgets nothing
    await clock.advance(60_000);
  }
  assertEquals((await countSetAside(kv)).get(outboxSource(ENRICHMENT)), 1);
  assertEquals(await keysUnder(kv, ...outboxPrefix(ENRICHMENT)), []);
  assertEquals(await keysUnder(kv, ...failingPrefix(ENRICHMENT)), []);
  assertLess(attempts, 40);
});
