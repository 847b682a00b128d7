/** Faults of Postgres itself: by a trigger that raises what a server in trouble raises, and for real. */

import type { Fault, Injected } from "./fault.ts";
import type { Fixture } from "./fixture.ts";

/** What a trigger raises, each a statement that an operator has seen some night. */
const RAISED: readonly (readonly [sqlstate: string, what: string])[] = [
  ["53100", "disk full"],
  ["53200", "out of memory"],
  ["53300", "too many connections"],
  ["40001", "serialization failure"],
  ["40P01", "deadlock"],
  ["25006", "read-only: a standby, or a server that protects itself"],
  ["57014", "statement timeout"],
  ["57P01", "shut down by its administrator"],
  ["55P03", "lock not available"],
  ["58030", "I/O error"],
  ["42501", "permission denied"],
];

async function raise(fixture: Fixture, body: string): Promise<Injected> {
  const failed = await fixture.failedFlushes();
  await fixture.sql((sql) =>
    sql.unsafe(`
      create function fault() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger fault before insert on events for each statement execute function fault();
    `)
  );
  return {
    felt: async () => await fixture.failedFlushes() > failed,
    end: () => fixture.sql(async (sql) => void await sql.unsafe("drop function fault cascade")),
  };
}

/** Inserts of the service that are under way, as a condition. */
const INSERTING = `
  datname = current_database() and pid <> pg_backend_pid() and application_name = 'sluice'
  and state = 'active' and query like '%jsonb_%'
`;

/** Does something to each insert of the service, which the fault makes slow enough to be met. */
async function strike(fixture: Fixture, how: string): Promise<Injected> {
  const slow = await raise(fixture, "perform pg_sleep(2); return null;");
  let struck = 0;
  return {
    async felt() {
      const met = await fixture.sql((sql) =>
        sql.unsafe(`select ${how}(pid) from pg_stat_activity where ${INSERTING}`)
      );
      struck += met.length;
      return struck > 0 && await slow.felt();
    },
    end: slow.end,
  };
}

/** Changes a setting of the database, for the service's connections and all new ones. */
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
    felt: async () => await fixture.failedFlushes() > failed,
    end: () => apply(reset),
  };
}

/** All faults of Postgres. */
export const IN_POSTGRES: readonly Fault[] = [
  ...RAISED.map(([sqlstate, what]): Fault => ({
    of: "Postgres",
    what: `${what} (${sqlstate})`,
    by: "a trigger raises it at each insert",
    client: "taken",
    stored: "kept",
    inject: (fixture) => raise(fixture, `raise exception 'a fault' using errcode = '${sqlstate}';`),
  })),
  {
    of: "Postgres",
    what: "no partition for an event, and no default (23514)",
    by: "both are detached",
    client: "taken",
    stored: "kept",
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
        felt: async () => await fixture.failedFlushes() > failed,
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
    of: "Postgres",
    what: "a lock that is held for long",
    by: "another transaction locks `events`; the deadline gives inserts up",
    client: "taken",
    stored: "kept",
    server: true,
    async inject(fixture) {
      const failed = await fixture.failedFlushes();
      const locked = Promise.withResolvers<void>();
      const enough = Promise.withResolvers<void>();
      const holding = fixture.sql((sql) =>
        sql.begin(async (tx) => {
          await tx`lock table events in share mode`; // which lets the test look
          locked.resolve();
          await enough.promise;
        })
      );
      await locked.promise;
      return {
        felt: async () => await fixture.failedFlushes() > failed,
        async end() {
          enough.resolve();
          await holding;
        },
      };
    },
  },
  {
    of: "Postgres",
    what: "connections ended by an administrator, for real",
    by: "`pg_terminate_backend` in the middle of each insert",
    client: "taken",
    stored: "kept",
    server: true,
    inject: (fixture) => strike(fixture, "pg_terminate_backend"),
  },
  {
    of: "Postgres",
    what: "statements cancelled, for real",
    by: "`pg_cancel_backend` in the middle of each insert",
    client: "taken",
    stored: "kept",
    server: true,
    inject: (fixture) => strike(fixture, "pg_cancel_backend"),
  },
  {
    of: "Postgres",
    what: "read-only, for real",
    by: "`default_transaction_read_only` is on",
    client: "taken",
    stored: "kept",
    server: true,
    inject: (fixture) =>
      configure(
        fixture,
        "set default_transaction_read_only = on",
        "reset default_transaction_read_only",
      ),
  },
  {
    of: "Postgres",
    what: "connection limit reached, for real",
    by: "`alter role … connection limit 0`, and all connections cut",
    client: "taken",
    stored: "kept",
    server: true,
    async inject(fixture) {
      const failed = await fixture.failedFlushes();
      const limit = (connections: number) =>
        fixture.sql(async (sql) =>
          void await sql.unsafe(`alter role ${fixture.role} connection limit ${connections}`)
        );
      await limit(0);
      fixture.proxy.disconnect();
      return { felt: async () => await fixture.failedFlushes() > failed, end: () => limit(-1) };
    },
  },
];
