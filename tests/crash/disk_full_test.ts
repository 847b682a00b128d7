/** The disk under the buffer is full, for real: a small tmpfs. */

import { startEmbedded } from "../../src/store/embedded.ts";
import { Database } from "../../src/store/database.ts";
import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "../support/assert.ts";
import { audit, newSentEvents, type SentEvents } from "../support/load.ts";
import { MAIN, type ServiceProcess, startProcess } from "../support/service_process.ts";
import { canMount, fillDisk, mountSmallDisk } from "../support/small_disk.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";

const ignore = !await canMount();
const NEEDS = ignore ? " (ignored: cannot mount a tmpfs here, which needs root)" : "";
const DISK_MB = 40;
const RESERVE_MB = "8";
/** Some 20 MB, on a machine that is busy with other tests. */
const DRAIN_MS = 120_000;
const BATCH = 25;
const PADDING = "x".repeat(25_000);

const portOf = (url: string) => Number(new URL(url).port);

async function openTempFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "sluice-disk-full-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Sends a batch of large events and records their results. @returns how many were tracked */
async function sendBatch(
  url: string,
  run: string,
  from: number,
  sent: SentEvents,
): Promise<number> {
  const numbers = Array.from({ length: BATCH }, (_, i) => from + i);
  const events = numbers.map((n) => ({
    eventType: `load_${n}`,
    props: { run, n, PADDING },
    idempotencyKey: crypto.randomUUID(),
  }));
  const response = await fetch(`${url}/v1/events/batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  const { results } = await response.json();
  for (const [i, n] of numbers.entries()) {
    if (results[i].status === "fulfilled") sent.acknowledged.add(n);
    else sent.refused.push(n);
  }
  return results.filter(({ status }: { status: string }) => status === "fulfilled").length;
}

async function track(url: string): Promise<unknown> {
  const response = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventType: "probe", sessionId: crypto.randomUUID() }),
  });
  return { status: response.status, ...await response.json() };
}

/** The reserve and the events that were refused for want of disk, in `/metrics`. */
async function readMetrics({ url }: ServiceProcess): Promise<{ reserve: number; refused: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (sample: string) =>
    Number(text.split("\n").find((line) => line.startsWith(`${sample} `))?.split(" ")[1]);
  return {
    reserve: read("sluice_disk_reserve_bytes"),
    refused: read('sluice_events_rejected_total{reason="disk_full"}') || 0,
  };
}

async function readiness(service: ServiceProcess): Promise<{ status: number; kv: string }> {
  const response = await fetch(`${service.url}/readyz`);
  const { kv } = await response.json();
  return { status: response.status, kv };
}

const STORED = { status: 200, eventId: null, tracked: true };
const NOT_STORED = { status: 200, eventId: null, tracked: false };
const FULL = { status: 503, kv: "the disk is full: events are not stored until there is room" };

Deno.test({
  name:
    `2.9 8.13 a buffer that fills the disk while Postgres is unavailable drains and accepts events again${NEEDS}`,
  ignore,
  async fn() {
    await using disk = await mountSmallDisk(DISK_MB);
    assert(disk !== null);
    await using folder = await openTempFolder();
    await using embedded = await startEmbedded({ folder: folder.path });
    await using proxy = new TcpProxy(portOf(embedded.url));
    proxy.cut();
    const environment = {
      KV_PATH: `${disk.path}/kv.sqlite3`,
      KV_RESERVE_MB: RESERVE_MB,
      DATABASE_URL: proxy.through(embedded.url),
      BATCH_TIMEOUT_MS: "200",
    };
    const run = crypto.randomUUID();
    const sent = newSentEvents();
    let from = 0;
    {
      await using service = await startProcess(MAIN, environment);
      while (await sendBatch(service.url, run, from, sent) > 0) from += BATCH;
      assertGreater(sent.acknowledged.size, 500);
      await until(
        async () => (await readiness(service)).kv === FULL.kv,
        "/readyz to say that the disk is full",
      );
      assertEquals(await readiness(service), FULL);
      for (let n = 0; n < 20; n++) assertEquals(await track(service.url), NOT_STORED);
    }

    await using service = await startProcess(MAIN, environment); // killed with the disk full
    assertEquals(await track(service.url), NOT_STORED);
    proxy.target = portOf(embedded.url);
    await until(
      async () => (await readiness(service)).status === 200,
      "the buffer to drain",
      DRAIN_MS,
    );
    assertEquals(await track(service.url), STORED);
    assertEquals(await sendBatch(service.url, run, from + BATCH, sent), BATCH);
    await using database = new Database({ url: embedded.url });
    await until(
      async () => (await audit(database, run, sent)).lost.length === 0,
      "every event with tracked: true to be a row",
      DRAIN_MS,
    );
    assertEquals((await audit(database, run, sent)).duplicated, []);
    assertEquals([...service.log().matchAll(/panicked.*/g)].map(String), []);
  },
});

Deno.test({
  name:
    `2.9 8.13 12.7 a disk that other files fill stops tracking until there is room, without a restart${NEEDS}`,
  ignore,
  async fn() {
    await using disk = await mountSmallDisk(DISK_MB);
    assert(disk !== null);
    await using service = await startProcess(MAIN, {
      KV_PATH: `${disk.path}/kv.sqlite3`,
      KV_RESERVE_MB: RESERVE_MB,
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
    });
    assertEquals(await track(service.url), STORED);
    assertEquals(await readMetrics(service), { reserve: Number(RESERVE_MB) * 1e6, refused: 0 });
    await fillDisk(`${disk.path}/filler`);
    const results = new Set<string>();
    await until(async () => {
      results.add(JSON.stringify(await track(service.url)));
      return (await readiness(service)).kv === FULL.kv;
    }, "the reserve to be given up");
    for (let n = 0; n < 20; n++) assertEquals(await track(service.url), NOT_STORED);
    const full = await readMetrics(service);
    assertEquals(full.reserve, 0);
    assertGreaterOrEqual(full.refused, 20);
    await Deno.remove(`${disk.path}/filler`);
    await until(
      async () => (await readiness(service)).kv === "ok",
      "the reserve to be made again",
    );
    assertEquals(await track(service.url), STORED);
    assertEquals((await readMetrics(service)).reserve, Number(RESERVE_MB) * 1e6);
    const known = [STORED, NOT_STORED].map((answer) => JSON.stringify(answer));
    assertEquals([...results].filter((answer) => !known.includes(answer)), []);
  },
});
