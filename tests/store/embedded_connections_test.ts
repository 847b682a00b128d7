import { Database } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { assertEquals } from "../support/assert.ts";
import { emptyPostgres } from "../support/empty_postgres.ts";

Deno.test("many connections to the embedded Postgres do not disturb each other", async () => {
  await using embedded = await startEmbedded({ dump: await emptyPostgres() });
  const clients = Array.from({ length: 4 }, () => new Database({ url: embedded.url }));
  const results = await Promise.all(
    Array.from({ length: 400 }, async (_, n) => {
      // Unnamed statements, named ones and transactions, all at once.
      const rows = await clients[n % 4]?.run((sql) =>
        n % 3 === 0
          ? sql.begin((tx) => tx<{ n: number }[]>`select ${n}::integer as n`)
          : n % 3 === 1
          ? sql<{ n: number }[]>`select ${n}::integer as n`
          : sql.unsafe<{ n: number }[]>("select $1::integer as n", [n])
      );
      return rows?.[0]?.n;
    }),
  );
  assertEquals(results, Array.from({ length: 400 }, (_, n) => n));
  for (const client of clients) await client[Symbol.asyncDispose]();
});

Deno.test("a connection that closes within a transaction leaves the others working", async () => {
  await using embedded = await startEmbedded({ dump: await emptyPostgres() });
  await using other = new Database({ url: embedded.url });
  await other.run((sql) => sql`create table t (n integer)`);
  const leaving = new Database({ url: embedded.url, maxConnections: 1 });
  const inside = Promise.withResolvers<void>();
  const abandoned = leaving.run((sql) =>
    sql.begin(async (tx) => {
      await tx`insert into t values (1)`;
      inside.resolve();
      await new Promise(() => {});
    })
  ).catch(() => {});
  await inside.promise;
  await leaving[Symbol.asyncDispose]();
  await Promise.race([abandoned, Promise.resolve()]);
  const rows = await other.run((sql) => sql<{ n: number }[]>`select n from t`);
  assertEquals([...rows], []);
});

async function cutResponses(): Promise<void> {
  await using embedded = await startEmbedded({ dump: await emptyPostgres() });
  for (let i = 0; i < 5; i++) {
    await using leaving = new Database({ url: embedded.url, recycle: false });
    const responses = leaving.run((sql) =>
      Promise.allSettled(
        [1, 2, 3, 4].map(() => sql`select repeat('x', 200000) from generate_series(1, 100)`),
      ), 50);
    await responses.catch(() => {}); // the deadline has passed: the pool is replaced
  }
  await using other = new Database({ url: embedded.url });
  assertEquals(await other.ping(5_000), null);
}

Deno.test({
  name: "connections that close in the middle of a response leave the others working",
  fn: cutResponses,
  sanitizeOps: false, // the driver leaves timers of replaced pools behind
});
