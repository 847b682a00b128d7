import { assertEquals } from "../support/assert.ts";
import { openCluster, serverPrograms } from "../support/cluster.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";

Deno.test({
  name: "11.9 a role without privileges, a read-only role and a standby can be read, not written",
  ignore: serverPrograms() === null,
  async fn() {
    await using cluster = await openCluster();
    const url = (user: string) => cluster.url.replace("sluice@", `${user}@`);
    {
      await using owner = new Database({ url: cluster.url, recycle: false });
      assertEquals(await owner.ping(5_000), null, "before the migrations");
      await migrate(owner, await readMigrations(MIGRATIONS));
      assertEquals(await owner.ping(5_000), null);
      await owner.run((sql) =>
        sql.unsafe(`
          create role reader login;
          grant select on all tables in schema public to reader;
          grant insert on events, idempotency_keys, event_counts to reader;
          create role frozen superuser login;
          alter role frozen set default_transaction_read_only = on;
        `)
      );
    }
    await using reader = new Database({ url: url("reader"), recycle: false });
    const denied = "the role lacks privileges: insert dead_letters, update event_counts";
    assertEquals(await reader.ping(5_000), { reason: denied, sentence: denied });
    await using frozen = new Database({ url: url("frozen"), recycle: false });
    const readOnly = "read-only: a standby, or default_transaction_read_only is on";
    assertEquals(await frozen.ping(5_000), { reason: readOnly, sentence: readOnly });

    await cluster.stopImmediately();
    await cluster.makeStandby();
    await cluster.start();
    await using standby = new Database({ url: cluster.url, recycle: false });
    assertEquals(await standby.ping(5_000), { reason: readOnly, sentence: readOnly });
  },
});
