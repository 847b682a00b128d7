/** A process that meets a KV which a newer version uses, while it runs. */

import { countBuffered } from "../../src/kv/counter.ts";
import { KV_FORMAT } from "../../src/kv/format.ts";
import { FORMAT, segmentKey } from "../../src/kv/keys.ts";
import { SEGMENT_FORMAT, SegmentFormatError } from "../../src/kv/segment.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const NEWER = `The KV store has format ${KV_FORMAT + 1}, and this version of Sluice understands ` +
  `formats up to ${KV_FORMAT}: run the version that wrote it, or a newer one.`;

async function track(sluice: TestApp, eventType = "page_viewed"): Promise<unknown> {
  const response = await sluice.post("/v1/events", { eventType });
  return [response.status, await response.json()];
}

async function readiness(sluice: TestApp): Promise<Record<string, string>> {
  return await (await sluice.get("/readyz")).json();
}

const ACCEPTED = [200, { eventId: null, tracked: true }];
const NOT_STORED = [200, { eventId: null, tracked: false }];

/** What makes a process read the format. */
const MEETINGS: Record<string, (sluice: TestApp) => Promise<unknown>> = {
  "a health check": readiness,
  "a flush": (sluice) => adminClient(sluice).eventIngestion.forceFlush.mutate(),
  "the work of every minute": (sluice) => sluice.app.everyMinute(),
};

for (const [what, meet] of Object.entries(MEETINGS)) {
  Deno.test(`8.21 once ${what} finds a newer format in KV, nothing is read or written, and every caller is told`, async () => {
    await using logs = await captureLogs();
    await using sluice = await openTestApp(database, {
      environment: { BATCH_TIMEOUT_MS: "60000" },
    });
    const { kv } = sluice;
    assertEquals(await track(sluice), ACCEPTED);
    await kv.set(FORMAT, KV_FORMAT + 1);
    await meet(sluice);
    const before = await Array.fromAsync(kv.list({ prefix: [] }));
    assertEquals(await track(sluice, "signed_up"), NOT_STORED);
    const admin = adminClient(sluice).eventIngestion;
    assertEquals(await admin.forceFlush.mutate(), {
      flushed: false,
      message: `Not flushed; the events stay in the buffer: ${NEWER}`,
    });
    await assertRejects(() => admin.getStats.query(), Error, NEWER);
    await sluice.app.everyMinute();
    const { status, kv: described } = await readiness(sluice);
    assertEquals([status, described], ["down", NEWER]);
    assertEquals(await Array.fromAsync(kv.list({ prefix: [] })), before);
    assertEquals(logs.of("error").length, 1, Deno.inspect(logs.of("error")));

    await kv.set(FORMAT, KV_FORMAT); // a backup of it was restored
    await readiness(sluice);
    assertEquals(await track(sluice, "signed_up"), ACCEPTED);
    assertEquals((await readiness(sluice)).kv, "ok");
    assertEquals(await admin.forceFlush.mutate(), { flushed: true, message: "Flushed 2 events" });
  });
}

Deno.test("8.21 a newer segment beside known ones: those before it are flushed, and /readyz and forceFlush say why the rest is not", async () => {
  await using sluice = await openTestApp(database, { environment: { BATCH_TIMEOUT_MS: "60000" } });
  const { kv } = sluice;
  assertEquals(await track(sluice), ACCEPTED);
  const newer = segmentKey("ffffffff-ffff-7fff-bfff-ffffffffffff");
  await kv.set(newer, new Uint8Array([SEGMENT_FORMAT + 1, 0x7b, 0x7d, 0x0a]));
  const { message: sentence } = new SegmentFormatError(SEGMENT_FORMAT + 1);
  const admin = adminClient(sluice).eventIngestion;
  for (let attempt = 0; attempt < 5; attempt++) {
    assertEquals(await admin.forceFlush.mutate(), {
      flushed: false,
      message: `Not flushed; the events stay in the buffer: ${sentence}`,
    });
  }
  assertEquals(await countBuffered(kv), 0);
  assertEquals((await kv.get(newer)).versionstamp === null, false, "it was left alone");
  const { status, kv: inKv, flush } = await readiness(sluice);
  assertEquals([status, inKv, flush], ["degraded", "ok", `failed 5 times in a row: ${sentence}`]);
  assertEquals(await track(sluice, "signed_up"), ACCEPTED);
  await kv.delete(newer); // a process of the newer version took it
  assertEquals(await admin.forceFlush.mutate(), { flushed: true, message: "Flushed 1 events" });
});
