/** Injects each fault: what clients receive, what is stored, and that the service recovers by itself. */

import { assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { until } from "../support/until.ts";
import { countBuffered, readBalance } from "../../src/kv/counter.ts";
import { EVENTS, hasKey, type Outcome, send, sendAgain } from "./faults/clients.ts";
import type { Fault } from "./faults/fault.ts";
import { type Fixture, type KvKind, openFixture, openServiceRole } from "./faults/fixture.ts";
import { FAULTS, renderFaultTable } from "./faults/table.ts";
import { ON_KV_CONNECT, SKIP_KV_CONNECT } from "./kv_connect.ts";
import { ON_KV_POSTGRES, SKIP_KV_POSTGRES, SKIP_LONG_KV_POSTGRES } from "./kv_postgres.ts";

const postgres = await openTestPostgres();
const role = await openServiceRole(postgres);
Deno.test.afterAll(async () => {
  await role?.[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const OUTCOMES: Readonly<Record<Fault["response"], Outcome>> = {
  accepted: "accepted",
  delayed: "accepted",
  delivered: "accepted",
  notStored: "not stored",
  inDoubt: "in doubt",
};
const DELAYED_MS = 900;
/** No client waits for Postgres, however slow it is; retries in KV take less than this. */
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

function assertOutcomes(outcomes: ReadonlyMap<number, Outcome>, expected: Outcome): void {
  const others = [...outcomes].filter(([, outcome]) => outcome !== expected);
  assertEquals(others, [], `every event is "${expected}"`);
  assertEquals(outcomes.size, EVENTS);
}

/** Checks which of the events sent during the fault are in Postgres while it lasts. */
async function assertDuring(fixture: Fixture, run: string, { stored }: Fault): Promise<void> {
  const countDuring = async () =>
    [...(await rowsOf(fixture, run)).events.keys()].filter((n) => n >= EVENTS).length;
  switch (stored) {
    case "afterwards":
    case "onRetry":
      return assertEquals(await countDuring(), 0, "nothing is stored during the fault");
    case "duringFault":
    case "insertRetried":
      return void await until(async () => await countDuring() === EVENTS, "rows during the fault");
    case "inDoubt":
      return; // either is correct
  }
}

/** Each fault with where the KV of the service is: most of KV are injected into both kinds. */
const CASES = FAULTS.flatMap((fault) => kindsOf(fault).map((on) => ({ fault, on })));

function kindsOf({ where, fileOnly }: Fault): readonly KvKind[] {
  if (where === "denokv") return ["denokv"];
  if (where === "KV in PostgreSQL") return ["PostgreSQL"];
  return where === "KV" && !fileOnly ? ["file", "denokv", "PostgreSQL"] : ["file"];
}

const SUFFIXES: Readonly<Record<KvKind, string>> = {
  file: "",
  denokv: ON_KV_CONNECT,
  PostgreSQL: ON_KV_POSTGRES,
};

function isSkipped(where: Fault["where"], on: KvKind): boolean {
  if (on === "file") return false;
  if (on === "denokv") return SKIP_KV_CONNECT;
  return where === "KV" ? SKIP_LONG_KV_POSTGRES : SKIP_KV_POSTGRES;
}

for (const { fault, on } of CASES) {
  const { where, problem, injection, server, inject } = fault;
  Deno.test({
    name: `${where}, ${problem}: nothing lost, nothing duplicated, no restart (${injection})${
      SUFFIXES[on]
    }`,
    ignore: server === true && role === null || isSkipped(where, on),
    async fn() {
      await using fixture = await openFixture(postgres, role, on);
      const { sluice } = fixture;
      const run = crypto.randomUUID();
      assertOutcomes(await send(sluice, run, 0), "accepted");
      await until(() => isBufferEmpty(fixture), "an empty buffer");
      await until(() => isEnriched(fixture, run, EVENTS), "the first events to be enriched");

      const injected = await inject(fixture);
      let outcomes: Map<number, Outcome>;
      try {
        const sentAt = performance.now();
        outcomes = await send(sluice, run, EVENTS);
        const ms = performance.now() - sentAt;
        assertOutcomes(outcomes, OUTCOMES[fault.response]);
        if (fault.response === "delayed") assertGreater(ms, DELAYED_MS);
        if (fault.response === "accepted") assertLess(ms, PROMPT_MS);
        await until(injected.wasHit, "the service to run into the fault");
        await assertDuring(fixture, run, fault);
      } finally {
        await injected.end();
      }

      await sendAgain(sluice, run, outcomes);
      assertOutcomes(await send(sluice, run, 2 * EVENTS), "accepted");
      await until(() => isBufferEmpty(fixture), "an empty buffer", 30_000);
      const found = (await rowsOf(fixture, run)).events;
      // Without a key these cannot be retried, and may or may not be stored.
      const inDoubt = [...outcomes].filter(([n, outcome]) => outcome === "in doubt" && !hasKey(n));
      const total = 3 * EVENTS - inDoubt.filter(([n]) => !found.has(n)).length;
      await until(() => isEnriched(fixture, run, total), "every event to be enriched");
      const { events, deadLetters, inSession } = await rowsOf(fixture, run);
      assertEquals([...events].filter(([, rows]) => rows !== 1), [], "every event has one row");
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

Deno.test("tests/crash/README.md has the table of these faults", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const section = /## Faults\n([^]*?)\n## /.exec(readme)?.[1] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const unpadded = lines.map((line) => line.replace(/ +\|/g, " |").replace(/-+/g, "-"));
  const expected = renderFaultTable().map((line) => line.replace(/-+/g, "-"));
  assertEquals(
    unpadded,
    expected,
    "update it with the output of: deno run tests/crash/faults/table.ts",
  );
});
