/** A role or a database may have `synchronous_commit` off; a flush must not rely on such commits. */

import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { assertEquals } from "../support/assert.ts";
import { type Cluster, openCluster, serverPrograms } from "../support/cluster.ts";
import { enrichedAt, lineAt } from "../support/enrichment.ts";

const ignore = serverPrograms() === null;

function open({ url }: Cluster): Database {
  return new Database({ url, maxConnections: 1, recycle: false });
}

/** Creates the schema; a deferred trigger on each table notes the setting right before the commit. */
async function prepare(cluster: Cluster): Promise<void> {
  await using database = open(cluster);
  await migrate(database, await readMigrations(MIGRATIONS));
  await database.run((sql) =>
    sql.unsafe(`
      create table noted (relation text, setting text);
      create function note() returns trigger language plpgsql as $$
        begin
          insert into noted values (tg_argv[0], current_setting('synchronous_commit'));
          return null;
        end
      $$;
      create constraint trigger note after insert on events
        deferrable initially deferred for each row execute function note('events');
      create constraint trigger note after insert on event_enrichments
        deferrable initially deferred for each row execute function note('enrichments');
      create constraint trigger note after insert on dead_letters
        deferrable initially deferred for each row execute function note('dead letters');
    `)
  );
}

/** Changes the setting of the role, for connections that are made later. */
async function setForRole(cluster: Cluster, value: string): Promise<void> {
  await using database = open(cluster);
  await database.run((sql) =>
    sql.unsafe(`alter role sluice set synchronous_commit = ${value}; truncate noted`)
  );
}

/** Writes an event, an enrichment and a dead letter. */
async function writeOfEachKind(database: Database): Promise<void> {
  const { line, enriched } = enrichedAt(Date.now(), { eventType: "page_viewed" });
  const sink = createEventSink(database);
  assertEquals((await sink.write([line])).ok, true);
  await createEnrichmentSink(database, new Map()).write([enriched]);
  assertEquals((await sink.write([`not a row: ${enriched.row.id}\t{}`])).ok, true);
}

Deno.test({
  name: "8.12 whatever synchronous_commit is for the role, writes wait until they are durable",
  ignore,
  async fn() {
    await using cluster = await openCluster();
    await prepare(cluster);
    for (const value of ["off", "local", "remote_write", "on", "remote_apply"]) {
      await setForRole(cluster, value);
      await using database = open(cluster);
      await writeOfEachKind(database);
      const noted = await database.run((sql) => sql`select * from noted order by relation`);
      const setting = value === "remote_apply" ? value : "on";
      assertEquals(
        noted.map(({ relation, setting }) => [relation, setting]),
        [["dead letters", setting], ["enrichments", setting], ["events", setting]],
        value,
      );
      const [after] = await database.run((sql) => sql`show synchronous_commit`);
      assertEquals(after?.synchronous_commit, value, "other statements keep their own setting");
    }
  },
});

Deno.test({
  name: "8.12 an event that was written survives a crash of a Postgres with synchronous_commit off",
  ignore,
  async fn() {
    await using cluster = await openCluster();
    await prepare(cluster);
    {
      await using database = open(cluster);
      await database.run((sql) => sql.unsafe("alter system set wal_writer_delay = '10s'"));
      await database.run((sql) => sql.unsafe("alter system set synchronous_commit = off"));
      await database.run((sql) => sql.unsafe("select pg_reload_conf()"));
    }
    await setForRole(cluster, "off");
    const lines = Array.from(
      { length: 20 },
      (_, i) => lineAt(Date.now(), { eventType: "page_viewed", props: { i } }),
    );
    {
      await using database = open(cluster);
      const sink = createEventSink(database);
      for (const line of lines) assertEquals((await sink.write([line])).ok, true);
      await cluster.stopImmediately();
    }
    await cluster.start();
    await using database = open(cluster);
    const [row] = await database.run((sql) => sql`select count(*)::integer as rows from events`);
    assertEquals(row?.rows, lines.length);
  },
});
