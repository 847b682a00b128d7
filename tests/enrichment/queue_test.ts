import { systemClock } from "../../src/clock.ts";
import { pack } from "../../src/kv/segment.ts";
import { createOutbox } from "../../src/enrichment/outbox.ts";
import { QueueListener, type QueueMode } from "../../src/enrichment/queue.ts";
import { assertEquals } from "../support/assert.ts";
import { lineAt } from "../support/enrichment.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";
import { newId } from "../support/ids.ts";

function makeListener(kv: Deno.Kv, mode: QueueMode) {
  const heard: number[] = [];
  const listener = new QueueListener({
    kv,
    clock: systemClock,
    mode,
    onNotify: () => void heard.push(heard.length),
  });
  return { listener, heard };
}

async function ring(kv: Deno.Kv, notifies: boolean): Promise<void> {
  const operation = kv.atomic();
  const outbox = createOutbox({ newId, notifies: () => notifies });
  outbox.add(operation, pack([lineAt(Date.now(), { eventType: "a" })]).map(({ bytes }) => bytes));
  await operation.commit();
}

Deno.test("KV_QUEUES=auto finds out that the queue delivers, and then rings", async () => {
  await using opened = await openTestKv();
  const { listener, heard } = makeListener(opened.kv, "auto");
  assertEquals(listener.delivers, false);
  const stop = new AbortController();
  listener.listen(stop.signal);
  await until(() => listener.delivers, "the probe");
  assertEquals(heard, [], "the probe is no listener");
  await ring(opened.kv, listener.delivers);
  await until(() => heard.length > 0, "the listener");
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
  const { listener } = makeListener(forever, "auto");
  listener.listen(new AbortController().signal);
  await ring(opened.kv, listener.delivers);
  assertEquals(listener.delivers, false);
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
  const { listener } = makeListener(none, "auto");
  await listener.listen(new AbortController().signal);
  assertEquals(listener.delivers, false);
});

Deno.test("KV_QUEUES=on rings at once, off never listens", async () => {
  await using opened = await openTestKv();
  assertEquals(makeListener(opened.kv, "on").listener.delivers, true);
  const { listener } = makeListener(opened.kv, "off");
  await listener.listen(new AbortController().signal);
  assertEquals(listener.delivers, false);
});
