import { systemClock } from "../../src/clock.ts";
import { pack } from "../../src/kv/segment.ts";
import { createOutbox } from "../../src/enrichment/outbox.ts";
import { BellListener, type QueueMode } from "../../src/enrichment/queue.ts";
import { assertEquals } from "../support/assert.ts";
import { lineAt } from "../support/enrichment.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";
import { newId } from "../support/ids.ts";

function listener(kv: Deno.Kv, mode: QueueMode) {
  const heard: number[] = [];
  const bell = new BellListener({
    kv,
    clock: systemClock,
    mode,
    onBell: () => void heard.push(heard.length),
  });
  return { bell, heard };
}

async function ring(kv: Deno.Kv, rings: boolean): Promise<void> {
  const operation = kv.atomic();
  const outbox = createOutbox({ newId, rings: () => rings });
  outbox.add(operation, pack([lineAt(Date.now(), { eventType: "a" })]).map(({ bytes }) => bytes));
  await operation.commit();
}

Deno.test("KV_QUEUES=auto finds out that the queue delivers, and then rings", async () => {
  await using opened = await openTestKv();
  const { bell, heard } = listener(opened.kv, "auto");
  assertEquals(bell.delivers, false);
  const stop = new AbortController();
  bell.listen(stop.signal);
  await until(() => bell.delivers, "the probe");
  assertEquals(heard, [], "the probe is no bell");
  await ring(opened.kv, bell.delivers);
  await until(() => heard.length > 0, "the bell");
  assertEquals(heard.length, 1);
  stop.abort();
});

Deno.test("KV_QUEUES=auto does without where listening waits for ever, as over KV Connect", async () => {
  await using opened = await openTestKv();
  const forever = new Proxy(opened.kv, {
    get(target, property) {
      if (property === "listenQueue") return () => new Promise(() => {});
      const value = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { bell } = listener(forever, "auto");
  bell.listen(new AbortController().signal);
  await ring(opened.kv, bell.delivers);
  assertEquals(bell.delivers, false);
});

Deno.test("KV_QUEUES=auto does without where there are no queues at all, as on Deno Deploy", async () => {
  await using opened = await openTestKv();
  const none = new Proxy(opened.kv, {
    get(target, property) {
      if (property === "listenQueue" || property === "enqueue") {
        return () => Promise.reject(new TypeError("not supported"));
      }
      const value = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { bell } = listener(none, "auto");
  await bell.listen(new AbortController().signal);
  assertEquals(bell.delivers, false);
});

Deno.test("KV_QUEUES=on rings at once, off never listens", async () => {
  await using opened = await openTestKv();
  assertEquals(listener(opened.kv, "on").bell.delivers, true);
  const { bell } = listener(opened.kv, "off");
  await bell.listen(new AbortController().signal);
  assertEquals(bell.delivers, false);
});
