/** What processes say of themselves in KV, and how rarely. */

import { Heartbeat } from "../../src/admin/heartbeat.ts";
import { readProcesses } from "../../src/admin/processes.ts";
import { processKey } from "../../src/kv/keys.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { newId } from "../support/ids.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

async function open(whileIdle: boolean) {
  const clock = new FakeClock();
  const { kv, ...opened } = await openTestKv();
  let writes = 0;
  const counted = new Proxy(kv, {
    get(target, name) {
      if (name === "set") writes += 1;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const heartbeat = new Heartbeat({
    kv: counted,
    clock,
    newId,
    name: "host (7)",
    version: "1.2.3",
    whileIdle,
  });
  return {
    clock,
    kv,
    heartbeat,
    writes: () => writes,
    read: () => readProcesses(kv, clock.now()),
    /** Advances to the next beat, and waits until it is written. */
    async beat(): Promise<void> {
      const before = writes;
      await clock.advance(12_000);
      await until(() => writes === before + 1 && clock.pending === 1 || null, "the beat");
    },
    async [Symbol.asyncDispose]() {
      await heartbeat.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}

Deno.test("9.15 a process writes what it is and has accepted every twelve seconds, and nothing for each event", async () => {
  await using setup = await open(true);
  const { clock, heartbeat, writes, read, beat } = setup;
  heartbeat.start();
  await until(() => clock.pending === 1 || null, "the first beat");
  const [first] = await read();
  assertEquals([first?.name, first?.version, first?.accepted, first?.flushedAt], [
    "host (7)",
    "1.2.3",
    0,
    null,
  ]);
  for (let i = 0; i < 60; i += 1) heartbeat.countEvent();
  await clock.advance(6_000);
  heartbeat.noteFlush();
  const flushedAt = new Date(clock.now()).toISOString();
  assertEquals([writes(), (await read())[0]?.accepted], [1, 0]);
  await clock.advance(6_000);
  await until(() => writes() === 2 && clock.pending === 1 || null, "the beat");
  assertEquals(await read(), [{
    id: first?.id ?? "",
    name: "host (7)",
    version: "1.2.3",
    startedAt: "2026-03-01T12:00:00.000Z",
    seenAt: new Date(clock.now()).toISOString(),
    accepted: 60,
    acceptedPerSecond: 5,
    flushedAt,
  }]);
  await beat();
  assertEquals((await read())[0]?.acceptedPerSecond, 0);
});

Deno.test("9.15 on Deno Deploy an idle process writes nothing and has no timer, so that it can sleep", async () => {
  await using setup = await open(false);
  const { clock, heartbeat, writes, read } = setup;
  heartbeat.start();
  assertEquals([writes(), clock.pending], [0, 0]);
  heartbeat.countEvent();
  assertEquals(clock.pending, 1);
  await clock.advance(12_000);
  await until(() => writes() === 1 && clock.pending === 1 || null, "the beat");
  assertEquals((await read()).map(({ accepted }) => accepted), [1]);
  await clock.advance(12_000);
  assertEquals([writes(), clock.pending], [1, 0]);
});

Deno.test("9.15 a process that ends is off the list, one that was killed after a minute; damaged values are left out", async () => {
  await using setup = await open(true);
  const { clock, kv, heartbeat, read } = setup;
  heartbeat.start();
  await until(() => clock.pending === 1 || null, "the first beat");
  const [own] = await read();
  const { value } = await kv.get(processKey(own?.id ?? ""));
  await kv.set(processKey("killed"), value);
  await kv.set(processKey("damaged"), "what is this?");
  await kv.set(processKey("odd"), { ...value as object, startedAt: Infinity });
  assertEquals((await read()).map(({ id }) => id).sort(), [own?.id ?? "", "killed"].sort());
  await heartbeat.close();
  assertEquals((await read()).map(({ id }) => id), ["killed"]);
  await clock.advance(60_000);
  assertEquals(await read(), []);
});
