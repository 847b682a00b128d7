import { systemClock } from "../../src/clock.ts";
import { pack } from "../../src/kv/segment.ts";
import { QueueListener, type QueueMode } from "../../src/outbox/queue_listener.ts";
import { createRecordWriter } from "../../src/outbox/record.ts";
import { assertEquals } from "../support/assert.ts";
import { lineAt } from "../support/enrichment.ts";
import { openTestKv } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";
import { until } from "../support/until.ts";
import { newId } from "../support/ids.ts";

function makeListener(kv: Deno.Kv, mode: QueueMode) {
  const notified: string[] = [];
  const listener = new QueueListener({
    kv,
    clock: systemClock,
    mode,
    onNotify: (kind) => void notified.push(kind),
  });
  return { listener, notified };
}

/** Commits a record, with a queue message if `notifies`. */
async function addRecord(kv: Deno.Kv, notifies: boolean): Promise<void> {
  const operation = kv.atomic();
  const records = createRecordWriter({
    consumers: [{ kind: "enrichment", needsContext: true }],
    newId,
    queueDelivers: () => notifies,
  });
  records.add(operation, pack([lineAt(Date.now(), { eventType: "a" })]).map(({ bytes }) => bytes));
  await operation.commit();
}

Deno.test("KV_QUEUES=auto finds out that the queue delivers, and then sends messages", async () => {
  await using opened = await openTestKv();
  const { listener, notified } = makeListener(opened.kv, "auto");
  assertEquals(listener.delivers, false);
  const stop = new AbortController();
  listener.listen(stop.signal);
  await until(() => listener.delivers, "the probe");
  assertEquals(notified, [], "the probe asks for no sweep");
  await addRecord(opened.kv, listener.delivers);
  await until(() => notified.length > 0, "the message");
  assertEquals(notified, ["enrichment"]);
  stop.abort();
});

Deno.test("KV_QUEUES=auto sends no messages where listening is pending forever, as over KV Connect", async () => {
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
  await addRecord(opened.kv, listener.delivers);
  assertEquals(listener.delivers, false);
});

Deno.test("KV_QUEUES=auto sends no messages where there are no queues, as on Deno Deploy, and warns of nothing", async () => {
  await using logs = await captureLogs();
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
  assertEquals(logs.of("warning"), []);
});

Deno.test("KV_QUEUES=on sends messages from the start, off never listens", async () => {
  await using opened = await openTestKv();
  assertEquals(makeListener(opened.kv, "on").listener.delivers, true);
  const { listener } = makeListener(opened.kv, "off");
  await listener.listen(new AbortController().signal);
  assertEquals(listener.delivers, false);
});
