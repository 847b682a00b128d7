import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { openTestKv } from "../support/kv.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { SEGMENTS } from "../../src/kv/keys.ts";
import { assertDurable, countDurable, fillBuffer } from "./buffer.ts";

Deno.test("a filled buffer holds as many events as its counter says, and the bench fails if events are lost", async () => {
  await using opened = await openTestKv();
  const { kv, path } = opened;
  const progress: number[] = [];
  await fillBuffer(path, 1_000, "random", (done) => progress.push(done));
  assertEquals([await countDurable(path), await countBuffered(kv)], [1_000, 1_000]);
  assertEquals(progress, [500, 1_000]);
  await assertDurable(path, 1_000);

  for await (const { key } of kv.list({ prefix: SEGMENTS }, { limit: 1 })) await kv.delete(key);
  const { message } = await assertRejects(() => assertDurable(path, 1_000), Error);
  assertStringIncludes(message, "1000 events were acknowledged, but 950 are durable");
});
