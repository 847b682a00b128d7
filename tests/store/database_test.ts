import { Database } from "../../src/store/database.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Accepts clients and never responds to their queries. */
class MuteServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Promise<void>>();
  readonly #accepting = this.#accept();

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connections that the client has not closed. */
  get open(): number {
    return this.#connections.size;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const served = this.#serve(connection).finally(() => this.#connections.delete(served));
      this.#connections.add(served);
    }
  }

  /** Completes the handshake and reads until the client closes the connection. */
  async #serve(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(4096);
    await connection.read(buffer);
    // AuthenticationOk, ReadyForQuery.
    await connection.write(
      new Uint8Array([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]),
    );
    while (await connection.read(buffer).catch(() => null) !== null);
    connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#connections);
  }
}

async function selectOne(database: Database, deadlineMs?: number): Promise<number | undefined> {
  const rows = await database.run((sql) => sql<{ one: number }[]>`select 1 as one`, deadlineMs);
  return rows[0]?.one;
}

Deno.test("work on a connection that never responds fails, and later work succeeds", async () => {
  // Accepts connections and stays silent.
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of silent) accepted.push(connection);
  })();
  await using proxy = new TcpProxy(silent.addr.port);
  await using database = new Database({ url: proxy.through(postgres.url), maxConnections: 1 });
  await assertRejects(() => selectOne(database, 200), Error, "did not respond within 200 ms");
  proxy.cut();
  proxy.target = Number(new URL(postgres.url).port);
  assertEquals(await selectOne(database), 1);
  silent.close();
  for (const connection of accepted) connection.close();
  await accepting;
});

Deno.test("ping() returns why Postgres does not respond", async () => {
  await using proxy = new TcpProxy(Number(new URL(postgres.url).port));
  await using database = new Database({ url: proxy.through(postgres.url) });
  assertEquals(await database.ping(5_000), null);
  proxy.cut();
  assertStringIncludes((await database.ping(5_000))?.reason ?? "", "CONNECTION_CLOSED");
  await using nowhere = new Database({ url: "postgres://nobody:x@127.0.0.1:9/none" });
  assertStringIncludes((await nowhere.ping(5_000))?.reason ?? "", "ECONNREFUSED");
});

Deno.test("ping() queries again after a query that never got a response", async () => {
  await using mute = new MuteServer();
  await using proxy = new TcpProxy(mute.port);
  await using database = new Database({
    url: proxy.through(postgres.url),
    maxConnections: 1,
    deadlineMs: 200,
  });
  assertStringIncludes((await database.ping(20))?.reason ?? "", "no response within 20 ms");
  proxy.target = Number(new URL(postgres.url).port);
  await until(async () => await database.ping(5_000) === null, "Postgres to respond");
});

Deno.test("replacing a pool before its first connection is ready causes no unhandled rejection", async () => {
  await using mute = new MuteServer();
  const url = `postgres://nobody@127.0.0.1:${mute.port}/nothing`;
  await using database = new Database({ url, maxConnections: 1 });
  await assertRejects(() => database.run((sql) => sql`select 1`, 200));
  // The unhandled rejection would come with the end of the connection.
  await until(() => mute.open === 0, "the pool to close its connection");
});

Deno.test("a lost connection has the pool replaced, and other work on the old one may finish", async () => {
  await using proxy = new TcpProxy(Number(new URL(postgres.url).port));
  await using database = new Database({ url: proxy.through(postgres.url), maxConnections: 1 });
  const decoder = new TextDecoder();
  let greetings = 0;
  proxy.toServer = (bytes) => {
    const text = decoder.decode(bytes);
    if (text.includes("application_name")) greetings += 1;
    return { bytes, cut: text.includes("to be lost") };
  };
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const neighbour = database.run(async (sql) => {
    await gate;
    return await sql<{ two: number }[]>`select 2 as two`;
  });
  const lost = () => database.run((sql) => sql`select 'to be lost'`);
  await assertRejects(lost, Error, "CONNECTION_CLOSED");
  assertEquals([await selectOne(database), greetings], [1, 2]);
  open();
  assertEquals((await neighbour)[0]?.two, 2);
  assertEquals(greetings, 3, "on a connection of the old pool");
  await until(() => proxy.open === 2, "the old pool's connection to be closed, on both sides");
});

Deno.test({
  name: "work that exceeds its deadline does not affect other work",
  // The pool that was replaced ends its connections in the background.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: neighboursOfLateWork,
});

async function neighboursOfLateWork(): Promise<void> {
  await using database = new Database({ url: postgres.url });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const slow = database.run(async (sql) => {
    await gate;
    return await sql<{ two: number }[]>`select 2 as two`;
  });
  await assertRejects(() => database.run(() => new Promise(() => {}), 1), Error, "within 1 ms");
  open();
  assertEquals((await slow)[0]?.two, 2);
}
