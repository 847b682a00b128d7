/** Each fault once: what clients saw, what was stored, and that the service recovers by itself. */

import { assert, assertEquals } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { countBuffered, readBalance } from "../../src/kv/counter.ts";
import { EVENTS, hasKey, send, sendAgain, type Told } from "./faults/clients.ts";
import type { Fault } from "./faults/fault.ts";
import { type Fixture, openFixture, openServiceRole } from "./faults/fixture.ts";
import { FAULTS, renderTable } from "./faults/table.ts";

const postgres = await openTestPostgres();
const role = await openServiceRole(postgres);
Deno.test.afterAll(async () => {
  await role?.[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const TOLD: Readonly<Record<Fault["client"], Told>> = {
  taken: "taken",
  late: "taken",
  notStored: "not stored",
  doubt: "doubt",
};
const LATE_MS = 900;
/** No client waits for Postgres, however slow; KV tries again for less than this. */
const PROMPT_MS = 900;

interface Rows {
  readonly events: Map<number, number>;
  readonly enrichments: number;
  readonly inSession: number;
  readonly deadLetters: number;
}

async function rowsOf({ sql }: Fixture, run: string): Promise<Rows> {
  const [sums] = await sql((sql) =>
    sql<[{ events: [number, number][]; enrichments: number; inSession: number; dead: number }]>`
      select
        (select coalesce(json_agg(json_build_array(n, rows)), '[]') from (
          select (props->>'n')::integer as n, count(*) as rows from events
          where session_id = ${run} group by 1
        ) numbers) as events,
        (select count(*)::integer from event_enrichments n join events e
          on e.id = n.event_id and e.occurred_at = n.occurred_at
          where e.session_id = ${run}) as enrichments,
        (select coalesce(sum(event_count), 0)::integer from sessions where id = ${run})
          as "inSession",
        (select count(*)::integer from dead_letters where payload like ${`%${run}%`}) as dead
    `
  );
  return { ...sums, events: new Map(sums.events), deadLetters: sums.dead };
}

async function isBufferEmpty({ sluice }: Fixture): Promise<boolean> {
  return await countBuffered(sluice.kv) === 0;
}

async function isEnriched(fixture: Fixture, run: string, events: number): Promise<boolean> {
  return (await rowsOf(fixture, run)).enrichments === events;
}

function assertTold(told: ReadonlyMap<number, Told>, expected: Told): void {
  const others = [...told].filter(([, what]) => what !== expected);
  assertEquals(others, [], `every client is told "${expected}"`);
  assertEquals(told.size, EVENTS);
}

/** What Postgres holds while the fault lasts, of the events that came in during it. */
async function assertDuring(fixture: Fixture, run: string, { stored }: Fault): Promise<void> {
  const during = async () =>
    [...(await rowsOf(fixture, run)).events.keys()].filter((n) => n >= EVENTS).length;
  switch (stored) {
    case "kept":
    case "resent":
      return assertEquals(await during(), 0, "nothing is stored while the fault lasts");
    case "atOnce":
    case "onceMore":
      return void await until(async () => await during() === EVENTS, "rows, during the fault");
    case "resentOnce":
      return; // nobody promised anything
  }
}

for (const fault of FAULTS) {
  const { of, what, by, server, inject } = fault;
  Deno.test({
    name: `${of}, ${what}: nothing lost, nothing doubled, no restart (${by})`,
    ignore: server === true && role === null,
    async fn() {
      await using fixture = await openFixture(postgres, role);
      const { sluice } = fixture;
      const run = crypto.randomUUID();
      assertTold(await send(sluice, run, 0), "taken");
      await until(() => isBufferEmpty(fixture), "an empty buffer");
      await until(() => isEnriched(fixture, run, EVENTS), "a quiet beginning");

      const injected = await inject(fixture);
      let told: Map<number, Told>;
      try {
        const sentAt = performance.now();
        told = await send(sluice, run, EVENTS);
        const ms = performance.now() - sentAt;
        assertTold(told, TOLD[fault.client]);
        if (fault.client === "late") assert(ms > LATE_MS, `answered after ${ms} ms`);
        if (fault.client === "taken") assert(ms < PROMPT_MS, `answered after ${ms} ms`);
        await until(injected.felt, "somebody to run into the fault");
        await assertDuring(fixture, run, fault);
      } finally {
        await injected.end();
      }

      await sendAgain(sluice, run, told);
      assertTold(await send(sluice, run, 2 * EVENTS), "taken");
      await until(() => isBufferEmpty(fixture), "the buffer to be empty, by itself", 30_000);
      const found = (await rowsOf(fixture, run)).events;
      // Nobody knows, nor can send them again: their clients were told so.
      const inDoubt = [...told].filter(([n, what]) => what === "doubt" && !hasKey(n));
      const total = 3 * EVENTS - inDoubt.filter(([n]) => !found.has(n)).length;
      await until(() => isEnriched(fixture, run, total), "every event to be enriched");
      const { events, deadLetters, inSession } = await rowsOf(fixture, run);
      assertEquals([...events].filter(([, rows]) => rows !== 1), [], "each is one row");
      assertEquals({ rows: events.size, deadLetters, inSession }, {
        rows: total,
        deadLetters: 0,
        inSession: total,
      });
      const { stored, accepted, replays, buffered, dead_letters } = await readBalance(sluice.kv);
      assertEquals({ stored, accepted, replays, buffered, dead_letters }, {
        stored: total,
        accepted: total,
        replays: 0,
        buffered: 0,
        dead_letters: 0,
      });
    },
  });
}

Deno.test("the README has the table of these faults, and no other", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const section = /## What breaks, and what happens\n([^]*?)\n## /.exec(readme)?.[1] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const unpadded = lines.map((line) => line.replace(/ +\|/g, " |").replace(/-+/g, "-"));
  const expected = renderTable().map((line) => line.replace(/-+/g, "-"));
  assertEquals(unpadded, expected, "deno run tests/crash/faults/table.ts prints it");
});
