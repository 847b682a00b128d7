import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { readBalance } from "../../src/kv/counter.ts";
import { audit, newSentEvents, numberedEvent, rowsOf, send, sendMany } from "../support/load.ts";
import { openKvConnect } from "../support/denokv.ts";
import { type KvPlace, makeKvFile } from "../support/kv.ts";
import { makePostgresKv, openKvOf } from "../support/postgres_kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { drainProcess, MAIN, startProcess } from "../support/service_process.ts";
import { until } from "../support/until.ts";
import type { CrashPoint } from "./child.ts";
import { ON_KV_CONNECT, SKIP_KV_CONNECT } from "./kv_connect.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** A test with the environment of its services. */
type Work = (environment: Record<string, string>) => Promise<void>;

async function withKv(openPlace: () => Promise<KvPlace>, work: Work): Promise<void> {
  await using place = await openPlace();
  await work({ KV_PATH: place.path, DATABASE_URL: postgres.url, BATCH_TIMEOUT_MS: "500" });
  await assertReconciled(place.path);
}

/** Fails unless the counters in KV match the events, wherever the process was killed. */
async function assertReconciled(path: string): Promise<void> {
  await using opened = await openKvOf(path);
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(opened.kv);
  assertGreater(accepted, 0);
  assertEquals(accepted, stored + replays + buffered + dead_letters);
}

const POINTS: readonly { point: CrashPoint; passing: number }[] = [
  { point: "before the KV commit", passing: 5 },
  { point: "after the KV commit", passing: 5 },
  { point: "after the Postgres commit and before the KV delete", passing: 1 },
  { point: "while holding the lease", passing: 2 },
  { point: "after the KV delete", passing: 1 },
];

const KINDS = [
  { on: "", openPlace: makeKvFile, ignore: false, points: POINTS },
  {
    on: ON_KV_CONNECT,
    openPlace: openKvConnect,
    ignore: SKIP_KV_CONNECT,
    points: POINTS.slice(0, 3), // the others wait for the lease of the dead process, too
  },
  {
    on: " on a KV in PostgreSQL (needs TEST_DATABASE_URL)",
    openPlace: makePostgresKv,
    ignore: !Deno.env.has("TEST_DATABASE_URL"),
    points: POINTS.slice(1, 2),
  },
];

for (const { on, openPlace, ignore, points } of KINDS) {
  const test = (name: string, work: Work) =>
    Deno.test({ name: `${name}${on}`, ignore, fn: () => withKv(openPlace, work) });

  for (const { point, passing } of points) {
    test(`2.1 killed ${point}: every acknowledged event has one row`, async (environment) => {
      const run = crypto.randomUUID();
      const sent = newSentEvents();
      {
        await using victim = await startProcess(CHILD, environment, [point, String(passing)]);
        const stop = new AbortController();
        // The last responses may arrive after the kill, so the senders continue until one gets none.
        victim.ended
          .then(() => until(() => sent.unanswered.size > 0, "an event without a response"))
          .then(() => stop.abort());
        const signals = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
        await sendMany(victim.url, run, [0, 1_000_000], sent, 16, signals);
        assert(stop.signal.aborted, `never passed "${point}":\n${victim.log()}`);
        assertEquals((await victim.ended).signal, "SIGKILL", victim.log());
      }
      assertEquals(sent.refused, []);
      assertGreater(sent.unanswered.size, 0, "the process died under load");
      await using successor = await startProcess(MAIN, environment);
      await drainProcess(successor);
      assertEquals(await audit(postgres.database, run, sent), { lost: [], duplicated: [] });

      // Events without a response are sent again: with an idempotency key that makes exactly one row.
      const keyed = [...sent.unanswered].filter((n) => n % 3 === 0);
      for (const n of keyed) await send(successor.url, run, n, sent);
      await drainProcess(successor);
      const rows = await rowsOf(postgres.database, run);
      assertEquals(keyed.filter((n) => rows.get(n) !== 1), []);
    });
  }

  test("8.1 SIGTERM drains the buffer within 4 s and exits with 0", async (environment) => {
    const run = crypto.randomUUID();
    const sent = newSentEvents();
    await using service = await startProcess(MAIN, {
      ...environment,
      BATCH_TIMEOUT_MS: "60000",
      BATCH_SIZE: "10000",
    });
    await sendMany(service.url, run, [0, 300], sent);
    const startedAt = performance.now();
    const { success } = await service.kill("SIGTERM");
    assert(success, service.log());
    assertLess(performance.now() - startedAt, 5_000);
    assertEquals(sent.acknowledged.size, 300);
    assertEquals(await audit(postgres.database, run, sent), { lost: [], duplicated: [] });
  });

  test("5.2 two processes on one KV that both receive the same 1,000 events store 1,000 rows", async (environment) => {
    const run = crypto.randomUUID();
    await using a = await startProcess(MAIN, environment);
    await using b = await startProcess(MAIN, environment);
    const occurredAt = Date.now();
    let next = 0;
    const tracked: boolean[] = [];
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (next < 1_000) {
        const event = numberedEvent(run, next++);
        const body = JSON.stringify({
          ...event,
          props: { run, n: next - 1, occurred_at: occurredAt },
        });
        const responses = await Promise.all([a.url, b.url].map(async (url) => {
          const response = await fetch(`${url}/v1/events`, { method: "POST", body });
          return (await response.json()).tracked;
        }));
        tracked.push(...responses);
      }
    }));
    assertEquals(tracked.filter((value) => value === true).length, 2_000);
    await Promise.all([drainProcess(a), drainProcess(b)]);
    const rows = await rowsOf(postgres.database, run);
    assertEquals([rows.size, Math.max(...rows.values())], [1_000, 1]);
  });
}
