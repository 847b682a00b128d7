/** Faults of Postgres: errors raised by a trigger, and real ones. */

import type { Fault, Injected } from "./fault.ts";
import type { Fixture } from "./fixture.ts";

/** Errors that a trigger raises. */
const RAISED: readonly (readonly [sqlstate: string, problem: string])[] = [
  ["53100", "disk full"],
  ["53200", "out of memory"],
  ["53300", "too many connections"],
  ["40001", "serialization failure"],
  ["40P01", "deadlock"],
  ["25006", "read-only: a standby, or a server protecting itself"],
  ["57014", "statement timeout"],
  ["57P01", "shut down by its administrator"],
  ["55P03", "lock not available"],
  ["58030", "I/O error"],
  ["42501", "permission denied"],
];

async function runInTrigger(fixture: Fixture, body: string): Promise<Injected> {
  const failed = await fixture.failedFlushes();
  await fixture.sql((sql) =>
    sql.unsafe(`
      create function fault() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger fault before insert on events for each statement execute function fault();
    `)
  );
  return {
    wasHit: async () => await fixture.failedFlushes() > failed,
    end: () => fixture.sql(async (sql) => void await sql.unsafe("drop function fault cascade")),
  };
}

/** Condition for the service's running inserts. */
const INSERTING = `
  datname = current_database() and pid <> pg_backend_pid() and application_name = 'sluice'
  and state = 'active' and query like '%jsonb_%'
`;

/** Calls a Postgres function with the pid of each insert of the service; a trigger slows inserts down. */
async function signalInserts(fixture: Fixture, signal: string): Promise<Injected> {
  const slow = await runInTrigger(fixture, "perform pg_sleep(2); return null;");
  let signalled = 0;
  return {
    async wasHit() {
      const pids = await fixture.sql((sql) =>
        sql.unsafe(`select ${signal}(pid) from pg_stat_activity where ${INSERTING}`)
      );
      signalled += pids.length;
      return signalled > 0 && await slow.wasHit();
    },
    end: slow.end,
  };
}

/** Alters the database and makes the service reconnect, so that the setting applies. */
async function configure(fixture: Fixture, set: string, reset: string): Promise<Injected> {
  const failed = await fixture.failedFlushes();
  const apply = (statement: string) =>
    fixture.sql(async (sql) => {
      const [row] = await sql<[{ name: string }]>`select current_database() as name`;
      await sql.unsafe(`alter database ${row.name} ${statement}`);
      fixture.proxy.disconnect();
    });
  await apply(set);
  return {
    wasHit: async () => await fixture.failedFlushes() > failed,
    end: () => apply(reset),
  };
}

/** All faults of Postgres. */
export const IN_POSTGRES: readonly Fault[] = [
  ...RAISED.map(([sqlstate, problem]): Fault => ({
    where: "Postgres",
    problem: `${problem} (${sqlstate})`,
    injection: "a trigger raises it on each insert",
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) =>
      runInTrigger(fixture, `raise exception 'a fault' using errcode = '${sqlstate}';`),
  })),
  {
    where: "Postgres",
    problem: "no partition for an event, not even the default one (23514)",
    injection: "both partitions are detached",
    response: "accepted",
    stored: "afterwards",
    async inject(fixture) {
      const failed = await fixture.failedFlushes();
      const month = `events_${new Date().toISOString().slice(0, 7).replace("-", "_")}`;
      const [row] = await fixture.sql((sql) =>
        sql<[{ bounds: string }]>`
          select pg_get_expr(relpartbound, oid) as bounds from pg_class where relname = ${month}
        `
      );
      await fixture.sql(async (sql) =>
        void await sql.unsafe(`
          alter table events detach partition events_default;
          alter table events detach partition ${month};
        `)
      );
      return {
        wasHit: async () => await fixture.failedFlushes() > failed,
        end: () =>
          fixture.sql(async (sql) =>
            void await sql.unsafe(`
              alter table events attach partition ${month} ${row.bounds};
              alter table events attach partition events_default default;
            `)
          ),
      };
    },
  },
  {
    where: "Postgres",
    problem: "a lock held for long",
    injection: "another transaction locks `events`; inserts fail at the deadline",
    response: "accepted",
    stored: "afterwards",
    server: true,
    async inject(fixture) {
      const failed = await fixture.failedFlushes();
      const locked = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const holding = fixture.sql((sql) =>
        sql.begin(async (tx) => {
          await tx`lock table events in share mode`; // the test can still read
          locked.resolve();
          await released.promise;
        })
      );
      await locked.promise;
      return {
        wasHit: async () => await fixture.failedFlushes() > failed,
        async end() {
          released.resolve();
          await holding;
        },
      };
    },
  },
  {
    where: "Postgres",
    problem: "connections terminated by an administrator",
    injection: "`pg_terminate_backend` during each insert",
    response: "accepted",
    stored: "afterwards",
    server: true,
    inject: (fixture) => signalInserts(fixture, "pg_terminate_backend"),
  },
  {
    where: "Postgres",
    problem: "statements cancelled by an administrator",
    injection: "`pg_cancel_backend` during each insert",
    response: "accepted",
    stored: "afterwards",
    server: true,
    inject: (fixture) => signalInserts(fixture, "pg_cancel_backend"),
  },
  {
    where: "Postgres",
    problem: "a read-only database",
    injection: "`default_transaction_read_only = on`",
    response: "accepted",
    stored: "afterwards",
    server: true,
    inject: (fixture) =>
      configure(
        fixture,
        "set default_transaction_read_only = on",
        "reset default_transaction_read_only",
      ),
  },
  {
    where: "Postgres",
    problem: "connection limit reached",
    injection: "`alter role … connection limit 0`, then all connections are cut",
    response: "accepted",
    stored: "afterwards",
    server: true,
    async inject(fixture) {
      const failed = await fixture.failedFlushes();
      const limit = (connections: number) =>
        fixture.sql(async (sql) =>
          void await sql.unsafe(`alter role ${fixture.role} connection limit ${connections}`)
        );
      await limit(0);
      fixture.proxy.disconnect();
      return { wasHit: async () => await fixture.failedFlushes() > failed, end: () => limit(-1) };
    },
  },
];
