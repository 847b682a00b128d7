/** Refusals that may be about single rows or about all of them: triggers, row security, check options. */

import type { TrackEventInput } from "../../src/events/types.ts";
import { Database } from "../../src/store/database.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { enrichedAt } from "../support/enrichment.ts";
import { acceptedEvent } from "../support/events.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const hasServer = Boolean(Deno.env.get("TEST_DATABASE_URL"));
const sink = createEventSink(database);

function events(...types: readonly string[]) {
  return types.map((eventType) => acceptedEvent({ eventType } as TrackEventInput));
}

function linesOf(accepted: ReturnType<typeof events>): string[] {
  return accepted.map(({ line }) => line);
}

/** How many rows and dead letters the events have. */
async function count(accepted: ReturnType<typeof events>): Promise<[rows: number, dead: number]> {
  const ids = JSON.stringify(accepted.map(({ id }) => id));
  const [row] = await database.run((sql) =>
    sql<[{ rows: number; dead: number }]>`
      with ids as (select json_array_elements_text(${ids}::text::json)::uuid as id)
      select
        (select count(*)::integer from events where id in (select id from ids)) as rows,
        (select count(*)::integer from dead_letters where event_id in (select id from ids)) as dead
    `
  );
  return [row.rows, row.dead];
}

async function run(statements: string): Promise<void> {
  await database.run(async (sql) => void await sql.unsafe(statements));
}

/** Makes a trigger, which disposing drops. */
async function withTrigger(table: string, when: string, body: string): Promise<AsyncDisposable> {
  await run(`
    create function refuse() returns trigger language plpgsql as $$
      begin ${body} return new; end
    $$;
    create trigger refuse ${when} on ${table} for each row execute function refuse();
  `);
  return { [Symbol.asyncDispose]: () => run("drop function refuse cascade") };
}

const BODIES: Readonly<Record<string, string>> = {
  "P0001": "raise exception 'not this one';",
  "P0004": "assert false;",
  "AB123": "raise exception 'a code of its own' using errcode = 'AB123';",
  "42501": "raise exception 'not allowed' using errcode = '42501';",
  "44000": "raise exception 'check option' using errcode = '44000';",
  "42P01": "perform 1 from nowhere;",
  "XX000": "raise exception 'parse error - invalid geometry' using errcode = 'XX000';", // PostGIS
};

for (const [sqlstate, body] of Object.entries(BODIES)) {
  Deno.test(`7.17 a trigger that rejects single rows with ${sqlstate} harms no other event`, async () => {
    await using _trigger = await withTrigger(
      "events",
      "before insert",
      `if new.event_type like 'bad%' then ${body} end if;`,
    );
    const accepted = events("a", "bad1", "b", "c", "bad2", "d");
    const written = await sink.write(linesOf(accepted));
    assert(written.ok, JSON.stringify(written));
    assertEquals([written.stored, written.dead.map(({ eventId }) => eventId)], [
      4,
      [accepted[1]?.id, accepted[4]?.id],
    ]);
    assertEquals(await count(accepted), [4, 2]);
  });
}

Deno.test("7.17 a rejected event that is alone becomes a dead letter, as other events are stored", async () => {
  await using _trigger = await withTrigger(
    "events",
    "after insert",
    "if new.event_type = 'bad' then raise exception 'not this one'; end if;",
  );
  const accepted = events("bad");
  const written = await sink.write(linesOf(accepted));
  assert(written.ok, JSON.stringify(written));
  assertEquals(await count(accepted), [0, 1]);
});

for (const when of ["before insert", "after insert"]) {
  Deno.test(`7.17 a trigger ${when} that rejects every row makes no dead letter`, async () => {
    const accepted = events("a", "b", "c", "d");
    {
      await using _trigger = await withTrigger("events", when, "raise exception 'closed';");
      const written = await sink.write(linesOf(accepted));
      assert(!written.ok);
      assertEquals(written.reason, "closed (P0001)");
      assertEquals(await count(accepted), [0, 0]);
    }
    assert((await sink.write(linesOf(accepted))).ok);
    assertEquals(await count(accepted), [4, 0]);
  });
}

Deno.test("7.17 a constraint trigger that is deferred to the commit and rejects every row makes no dead letter", async () => {
  await run(`
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'closed'; end
    $$;
    create constraint trigger refuse after insert on events
      deferrable initially deferred for each row execute function refuse();
  `);
  const accepted = events("a", "b");
  const written = await sink.write(linesOf(accepted));
  await run("drop function refuse cascade");
  assert(!written.ok);
  assertEquals(await count(accepted), [0, 0]);
});

Deno.test("7.17 whatever the newest row is, one row of the batch that is stored shows which row is rejected", async () => {
  // Refuses an event like the newest one, and a plain one.
  await run(
    "insert into events (id, occurred_at, received_at, event_type, known_event_type, source) values ('ffffffff-ffff-7fff-bfff-ffffffffffff', now(), now(), 'page_viewed', true, 'web')",
  );
  await using _trigger = await withTrigger(
    "events",
    "before insert",
    "if new.event_type in ('page_viewed', 'bad') then raise exception 'not this one'; end if;",
  );
  const alone = events("bad");
  const kept = await sink.write(linesOf(alone));
  assert(!kept.ok);
  assert(kept.doubtful, "others should be tried with it");
  assertEquals(await count(alone), [0, 0]);
  const accepted = [...alone, ...events("bad", "fine", "bad")];
  assert((await sink.write(linesOf(accepted))).ok);
  assertEquals(await count(accepted), [1, 3]);
});

Deno.test({
  name: "7.17 row security rejects single rows; a missing privilege keeps all of them",
  ignore: !hasServer,
  async fn() {
    const role = `sluice_${crypto.randomUUID().replaceAll("-", "")}`;
    await run(`
      create role ${role} login password '${role}';
      grant all on all tables in schema public to ${role};
      alter table events enable row level security;
      create policy reading on events for select using (true);
      create policy writing on events for insert with check (event_type <> 'bad');
    `);
    const url = Object.assign(new URL(postgres.url), { username: role, password: role });
    try {
      await using restricted = new Database({ url: url.href, recycle: false });
      const restrictedSink = createEventSink(restricted);
      const accepted = events("a", "bad", "b");
      assert((await restrictedSink.write(linesOf(accepted))).ok);
      assertEquals(await count(accepted), [2, 1]);
      const alone = events("bad");
      assert((await restrictedSink.write(linesOf(alone))).ok);
      assertEquals(await count(alone), [0, 1]);
      for (const table of ["events", "idempotency_keys", "event_counts"]) {
        await run(`revoke insert on ${table} from ${role}`);
        const kept = events("c", "d");
        const written = await restrictedSink.write(linesOf(kept));
        assert(!written.ok, table);
        assertStringIncludes(written.reason, "42501");
        assertEquals(await count(kept), [0, 0], table);
        await run(`grant insert on ${table} to ${role}`);
        assert((await restrictedSink.write(linesOf(kept))).ok);
        assertEquals(await count(kept), [2, 0]);
      }
    } finally {
      await run(`
        alter table events disable row level security;
        drop policy reading on events;
        drop policy writing on events;
        drop owned by ${role};
        drop role ${role};
      `);
    }
  },
});

Deno.test("7.17 an enrichment rejected by a trigger harms no other; a trigger that rejects all keeps them", async () => {
  const enrichments = createEnrichmentSink(database, new Map());
  const made = ["a", "bad", "b", "c"].map((eventType) =>
    enrichedAt(Date.now(), { eventType }, { browser: eventType })
  );
  assert((await sink.write(made.map(({ line }) => line))).ok);
  const batch = made.map(({ enriched }) => enriched);
  const countEnriched = async () => {
    const ids = JSON.stringify(batch.map(({ row }) => row.id));
    const [row] = await database.run((sql) =>
      sql<[{ rows: number; dead: number }]>`
        with ids as (select json_array_elements_text(${ids}::text::json)::uuid as id)
        select
          (select count(*)::integer from event_enrichments where event_id in (select id from ids)) as rows,
          (select count(*)::integer from dead_letters where event_id in (select id from ids)) as dead
      `
    );
    return [row.rows, row.dead];
  };
  {
    await using _trigger = await withTrigger(
      "event_enrichments",
      "before insert",
      "raise exception 'closed';",
    );
    await assertRejects(() => enrichments.write(batch), Error, "closed");
    assertEquals(await countEnriched(), [0, 0]);
  }
  await using _trigger = await withTrigger(
    "event_enrichments",
    "before insert",
    "if new.browser = 'bad' then raise exception 'not this one'; end if;",
  );
  await enrichments.write(batch);
  assertEquals(await countEnriched(), [3, 1]);
  // Alone, it is compared with one that was written before.
  const alone = enrichedAt(Date.now(), { eventType: "e" }, { browser: "bad" });
  assert((await sink.write([alone.line])).ok);
  batch.splice(0, batch.length, alone.enriched);
  await enrichments.write(batch);
  assertEquals(await countEnriched(), [0, 1]);
});

Deno.test("7.17 a table that is closed in the middle of a batch keeps the events that it rejects from then on", async () => {
  await using _trigger = await withTrigger(
    "events",
    "after insert",
    `if new.event_type = 'bad' or exists (select from events where event_type = 'last' and id <> new.id)
     then raise exception 'closed'; end if;`,
  );
  const accepted = acceptedEvent({ eventType: "last", idempotencyKey: crypto.randomUUID() });
  const others = events("bad", "fine");
  const written = await sink.write([accepted.line, ...linesOf(others)]);
  assert(!written.ok, JSON.stringify(written));
  assertEquals(await count([accepted]), [1, 0]);
  assertEquals(await count(others), [0, 0]);
});

const SYSTEMIC: Readonly<Record<string, string>> = {
  "2200H": "perform nextval('used_up');",
  "23502": "insert into audit values (null);",
  "54001": "raise exception 'stack depth limit exceeded' using errcode = '54001';",
};

for (const [sqlstate, body] of Object.entries(SYSTEMIC)) {
  Deno.test(`7.22 a table that rejects every row with ${sqlstate}, as for its data, makes no dead letter`, async () => {
    await run(`
      create sequence used_up maxvalue 2;
      select setval('used_up', 2);
      create table audit (id integer not null);
    `);
    const accepted = events("a", "b", "c");
    {
      await using _trigger = await withTrigger("events", "before insert", body);
      const written = await sink.write(linesOf(accepted));
      assert(!written.ok, JSON.stringify(written));
      assertEquals(await count(accepted), [0, 0]);
    }
    await run("drop sequence used_up; drop table audit");
    assert((await sink.write(linesOf(accepted))).ok);
    assertEquals(await count(accepted), [3, 0]);
  });
}

Deno.test("7.22 an enrichment that is rejected for its data before any was written is a dead letter", async () => {
  const enrichments = createEnrichmentSink(database, new Map());
  const alone = enrichedAt(Date.now(), { eventType: "f" }, { browser: "too long" });
  assert((await sink.write([alone.line])).ok);
  await using _trigger = await withTrigger(
    "event_enrichments",
    "before insert",
    "if new.browser = 'too long' then raise exception 'too long' using errcode = '22001'; end if;",
  );
  await enrichments.write([alone.enriched]);
  const [row] = await database.run((sql) =>
    sql`select step from dead_letters where event_id = ${alone.enriched.row.id}`
  );
  assertEquals(row?.step, "enrichment");
});

Deno.test("7.22 a table that rejects every enrichment with an error of the data makes no dead letter", async () => {
  const enrichments = createEnrichmentSink(database, new Map());
  const made = [1, 2].map(() => enrichedAt(Date.now(), { eventType: "g" }));
  assert((await sink.write(made.map(({ line }) => line))).ok);
  const batch = made.map(({ enriched }) => enriched);
  {
    await using _trigger = await withTrigger(
      "event_enrichments",
      "before insert",
      "raise exception 'too long' using errcode = '22001';",
    );
    await assertRejects(() => enrichments.write(batch), Error, "too long");
  }
  await enrichments.write(batch);
});

Deno.test("7.17 while a table is missing that only some events need, these are kept, and no dead letter is made", async () => {
  const enrichments = createEnrichmentSink(database, new Map());
  const make = (sessionId?: string) =>
    enrichedAt(Date.now(), {
      eventType: "e",
      idempotencyKey: crypto.randomUUID(),
      ...sessionId === undefined ? {} : { sessionId },
    });
  const made = [make(), make(crypto.randomUUID()), make(), make(crypto.randomUUID())];
  const before = make();
  assert((await sink.write([before, ...made].map(({ line }) => line))).ok);
  await enrichments.write([before.enriched]);
  const batch = made.map(({ enriched }) => enriched);
  for (const table of ["sessions", "session_visits", "enrichment_counts", "event_enrichments"]) {
    await run(`alter table ${table} rename to gone`);
    await assertRejects(() => enrichments.write(batch), Error, table);
    await run(`alter table gone rename to ${table}`);
  }
  await enrichments.write(batch);
  const ids = JSON.stringify(batch.map(({ row }) => row.id));
  const [row] = await database.run((sql) =>
    sql<[{ rows: number; dead: number }]>`
      with ids as (select json_array_elements_text(${ids}::text::json)::uuid as id)
      select
        (select count(*)::integer from event_enrichments where event_id in (select id from ids)) as rows,
        (select count(*)::integer from dead_letters where event_id in (select id from ids)) as dead
    `
  );
  assertEquals([row.rows, row.dead], [4, 0]);
});

Deno.test("7.17 what rejects every event with an idempotency key concerns the table of keys", async () => {
  await using _trigger = await withTrigger(
    "idempotency_keys",
    "before insert",
    "raise exception 'closed';",
  );
  const keyed = acceptedEvent({ eventType: "a", idempotencyKey: crypto.randomUUID() });
  const accepted = [...events("b"), keyed, ...events("c")];
  const written = await sink.write(linesOf(accepted));
  assert(!written.ok, JSON.stringify(written));
  assertEquals((await count(accepted))[1], 0);
});
