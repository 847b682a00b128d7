/** Connections to a PostgreSQL server: TLS, unix sockets and several hosts. */

import { ConfigError, loadConfig } from "../../src/config.ts";
import { openService } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { type Cluster, openCluster, serverPrograms } from "../support/cluster.ts";
import { freePort, runTask } from "../support/command.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { until } from "../support/until.ts";

const ignore = serverPrograms() === null;
const opened = new AsyncDisposableStack();
Deno.test.afterAll(() => opened.disposeAsync());

/** Opens what the tests share; without PostgreSQL they are ignored and use none of it. */
async function open(): Promise<{ server: Cluster; files: Certificates }> {
  const server = opened.use(await openCluster());
  const files = opened.use(await makeCertificates());
  await using database = new Database({ url: server.url, recycle: false });
  for (
    const [name, value] of Object.entries({
      ssl: "on",
      ssl_cert_file: files.server.certificate,
      ssl_key_file: files.server.key,
      ssl_ca_file: files.authority,
    })
  ) await database.run((sql) => sql.unsafe(`alter system set ${name} = '${value}'`));
  await database.run((sql) => sql`select pg_reload_conf()`);
  return { server, files };
}

const shared = ignore ? null : await open();

function parts(): { server: Cluster; files: Certificates } {
  assert(shared !== null);
  return shared;
}

interface Connection {
  readonly ssl: boolean;
  readonly client_dn: string | null;
}

/** Connects, and returns how the connection is encrypted. */
async function connect(url: string): Promise<Connection> {
  await using database = new Database({ url, maxConnections: 1, recycle: false });
  const [row] = await database.run((sql) =>
    sql<Connection[]>`select ssl, client_dn from pg_stat_ssl where pid = pg_backend_pid()`
  );
  assert(row);
  return row;
}

Deno.test({
  name: "12.4 TLS is used where the server has it, and checked as sslmode says",
  ignore,
  async fn() {
    const { server, files } = parts();
    const url = (parameters: string, host = "localhost") =>
      `postgres://sluice@${host}:${server.port}/postgres?${parameters}`;
    const ca = `sslrootcert=${files.authority}`;
    const other = `sslrootcert=${files.otherAuthority}`;
    assertEquals((await connect(url("sslmode=disable"))).ssl, false);
    const encrypted = [
      url(""),
      url("sslmode=require&channel_binding=require"),
      url("sslmode=no-verify"),
      url(`sslmode=prefer&${other}`),
      url(ca),
      url(`sslmode=verify-ca&${ca}`, "127.0.0.1"),
      url(`sslmode=verify-full&${ca}`),
    ];
    for (const accepted of encrypted) assertEquals((await connect(accepted)).ssl, true, accepted);
    const refused = [
      url("sslmode=verify-full"),
      url("ssl=true"),
      url(`sslmode=require&${other}`),
      url(`sslmode=verify-ca&${other}`),
      url(`sslmode=verify-full&${ca}`, "127.0.0.1"),
    ];
    for (const other of refused) {
      await assertRejects(() => connect(other), Error, "ertificate");
    }
    const { certificate, key } = files.client;
    const own = await connect(
      url(`sslmode=verify-full&${ca}&sslcert=${certificate}&sslkey=${key}`),
    );
    assertEquals(own, { ssl: true, client_dn: "/CN=sluice" });
  },
});

Deno.test({
  name: "12.4 hostaddr is where to connect to, and host is what the certificate has to name",
  ignore,
  async fn() {
    const { server, files } = parts();
    const url = (host: string, parameters: string) =>
      `postgres://sluice@${host}:${server.port}/postgres?hostaddr=127.0.0.1&${parameters}`;
    const ca = `sslrootcert=${files.authority}`;
    const accepted = [
      url("localhost", `sslmode=verify-full&${ca}`),
      url("db.invalid", `sslmode=verify-ca&${ca}`),
      url("db.invalid", "sslmode=require"),
      url("10.0.0.1", "sslmode=require"), // of an address there is no SNI
      url("db.invalid", ""),
      `host=localhost hostaddr=127.0.0.1 port=${server.port} user=sluice dbname=postgres ` +
      `sslmode=verify-full sslrootcert='${files.authority}'`,
    ];
    for (const other of accepted) assertEquals((await connect(other)).ssl, true, other);
    for (const host of ["db.invalid", "127.0.0.1", "10.0.0.1"]) {
      const other = url(host, `sslmode=verify-full&${ca}`);
      await assertRejects(() => connect(other), Error, "ertificate");
    }
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      assertStringIncludes(await readHello(`hostaddr=127.0.0.1&sslmode=${mode}`), "db.invalid");
    }
  },
});

/** What a client that connects to `db.invalid` sends to begin TLS, in which names are readable. */
async function readHello(parameters: string): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using database = new Database({
    url: `postgres://sluice@db.invalid:${listener.addr.port}/postgres?${parameters}`,
    maxConnections: 1,
    recycle: false,
  });
  const failed = database.run((sql) => sql`select 1`).catch(() => {});
  using connection = await listener.accept();
  const bytes = new Uint8Array(4_096);
  await connection.read(bytes);
  await connection.write(new TextEncoder().encode("S"));
  const length = await connection.read(bytes);
  connection.close();
  listener.close();
  await database[Symbol.asyncDispose]();
  await failed;
  return new TextDecoder("latin1").decode(bytes.subarray(0, length ?? 0));
}

Deno.test({
  name: "12.4 with sslnegotiation=direct, TLS begins without a question",
  ignore,
  async fn() {
    const { server, files } = parts();
    using listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(files.server.certificate),
      key: await Deno.readTextFile(files.server.key),
      alpnProtocols: ["postgresql"],
    });
    const served = (async () => {
      const client = await listener.accept();
      const { alpnProtocol } = await client.handshake();
      const upstream = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await Promise.allSettled([
        client.readable.pipeTo(upstream.writable),
        upstream.readable.pipeTo(client.writable),
      ]);
      return alpnProtocol;
    })();
    const { ssl } = await connect(
      `postgres://sluice@localhost:${listener.addr.port}/postgres?hostaddr=127.0.0.1` +
        `&sslnegotiation=direct&sslmode=verify-full&sslrootcert=${files.authority}`,
    );
    assertEquals([ssl, await served], [false, "postgresql"], "encrypted up to the proxy");
  },
});

Deno.test({
  name: "12.4 a session looks tables up in the schemas that the URL names",
  ignore,
  async fn() {
    const { server } = parts();
    const odd = '"Odd, ""it"" is"';
    await using admin = new Database({ url: server.url, recycle: false });
    await admin.run((sql) =>
      sql.unsafe(`create schema a; create schema ${odd}; create schema "B"`)
    );
    const list = encodeURIComponent(`${odd},a`);
    const cases: Readonly<Record<string, readonly string[]>> = {
      "currentSchema=a,public": ["a", "public"],
      "currentSchema=A": ["a"],
      "schema=a": ["a"],
      "schema=B,public": ["B", "public"],
      [`schema=${list}`]: ['Odd, "it" is', "a"],
      [`search_path=${list}`]: ['Odd, "it" is', "a"],
      "options=-c search_path=a,public": ["a", "public"],
      "options=-c%20search_path%3Da,public": ["a", "public"],
      "schema=public": ["public"],
    };
    for (const [parameters, expected] of Object.entries(cases)) {
      await using database = new Database({ url: `${server.url}?${parameters}`, recycle: false });
      const [row] = await database.run((sql) =>
        sql<[{ schemas: string }]>`select to_json(current_schemas(false))::text as schemas`
      );
      assertEquals(JSON.parse(row.schemas), expected, parameters);
    }
  },
});

Deno.test({
  name: "a unix socket is used, with the permissions of the commands",
  ignore,
  async fn() {
    const { server } = parts();
    const folder = encodeURIComponent(server.folder);
    const urls = [
      `postgres://sluice@/postgres?host=${server.folder}&port=${server.port}&sslmode=require`,
      `postgres://sluice@${folder}:${server.port}/postgres`,
      `postgres:///postgres?host=${folder}&port=${server.port}&user=sluice`,
    ];
    for (const url of urls) assertEquals((await connect(url)).ssl, false, url);
    const [DATABASE_URL = ""] = urls;
    const { code, out, err } = await runTask("query", [
      "select inet_server_addr() is null as local",
    ], {
      DATABASE_URL,
    });
    assertEquals([code, out.split("\n").slice(0, 2)], [0, ["local", "true"]], err);
    const migrated = await runTask("migrate", [], { DATABASE_URL });
    assertEquals(migrated.code, 0, migrated.err);
    const again = await runTask("reenrich", ["--since", "2026-01-01"], { DATABASE_URL });
    assertEquals(again.code, 0, again.err);
  },
});

Deno.test({
  name:
    "12.4 of several hosts the first that accepts writes is used, and the next one when it is gone",
  ignore,
  async fn() {
    const { server } = parts();
    await using standby = await openCluster();
    await using admin = new Database({ url: standby.url, recycle: false });
    await admin.run((sql) => sql`alter system set default_transaction_read_only = on`);
    await admin.run((sql) => sql`select pg_reload_conf()`);
    await using proxy = new TcpProxy(server.port);
    // Accepts connections and stays silent.
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const ports = [freePort(), silent.addr.port, standby.port, proxy.port, server.port];
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join();
    await using database = new Database({
      url: `postgres://sluice@${hosts}/postgres?connect_timeout=1&sslmode=disable`,
      maxConnections: 1,
      recycle: false,
    });
    const readPort = () =>
      database.run((sql) => sql<[{ port: number }]>`select inet_server_port() as port`);
    assertEquals((await readPort())[0].port, server.port);
    assertEquals(proxy.open, 2, "through the first host that accepts writes");
    proxy.cut();
    await readPort().catch(() => {});
    assertEquals((await readPort())[0].port, server.port);
    silent.close();
    await using none = new Database({
      url: `postgres://sluice@127.0.0.1:${standby.port}/postgres?target_session_attrs=primary`,
      recycle: false,
    });
    for (let i = 0; i < 2; i++) {
      await assertRejects(() => none.run((sql) => sql`select 1`), Error, "accepts writes");
    }
    await admin.run((sql) => sql`set default_transaction_read_only = off`);
    await admin.run((sql) => sql`alter system reset default_transaction_read_only`);
    await admin.run((sql) => sql`select pg_reload_conf()`);
    // The reload takes a moment.
    const settled = async () =>
      await none.run((sql) => sql`select 1`).then(() => true, () => false);
    assert(await until(settled, "the host to accept writes"));
  },
});

Deno.test({
  name: "11.8 certificates that do not go together, or are not accepted, are a sentence",
  ignore,
  async fn() {
    const { server, files } = parts();
    const { certificate, key } = files.client;
    const cases = [
      [`sslcert=${certificate}&sslkey=${files.clientOfOther.key}`, "is not the key of sslcert"],
      [
        `sslcert=${files.clientOfOther.certificate}&sslkey=${files.clientOfOther.key}`,
        "does not accept the client certificate",
      ],
      [`sslcert=${certificate}&sslkey=${key}`, null],
    ] as const;
    for (const [parameters, expected] of cases) {
      await using database = new Database({
        url: `postgres://sluice@localhost:${server.port}/postgres?sslmode=require&${parameters}`,
        recycle: false,
      });
      const sentence = (await database.ping(10_000))?.sentence ?? null;
      if (expected === null) assertEquals(sentence, null);
      else assertStringIncludes(sentence ?? "", expected);
    }
  },
});

Deno.test({
  name: "certificates and keys may be given themselves",
  ignore,
  async fn() {
    const { server, files } = parts();
    const read = async (path: string) => encodeURIComponent(await Deno.readTextFile(path));
    const own = await connect(
      `postgres://sluice@localhost:${server.port}/postgres?sslmode=verify-full&sslinline=true` +
        `&sslrootcert=${await read(files.authority)}` +
        `&sslcert=${await read(files.client.certificate)}&sslkey=${await read(files.client.key)}`,
    );
    assertEquals(own, { ssl: true, client_dn: "/CN=sluice" });
  },
});

Deno.test("12.1 a file of DATABASE_URL that cannot be read stops the start, with a sentence", async () => {
  const DATABASE_URL =
    "postgres://u:secret@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/nowhere.pem";
  const config = loadConfig({ DATABASE_URL, KV_PATH: ":memory:" });
  const { message } = await assertRejects(() => openService(config), ConfigError);
  assertStringIncludes(message, "DATABASE_URL names a file that cannot be read");
  assertStringIncludes(message, "/nowhere.pem");
  const { code, err } = await runTask("query", ["select 1"], { DATABASE_URL });
  assertEquals([code, err.trim()], [1, message]);
});

Deno.test("12.1 a file of DATABASE_URL that is not in PEM format, or encrypted, stops the start", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  const empty = await write("empty", "");
  const broken = await write("broken", "-----BEGIN CERTIFICATE-----\n!\n");
  const fine = await write("fine", "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n");
  const locked = await write(
    "locked",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n-----END RSA PRIVATE KEY-----\n",
  );
  const cases: Readonly<Record<string, string>> = {
    [`sslrootcert=${empty}`]: "sslrootcert contains no certificate in PEM format",
    [`sslrootcert=${broken}`]: "sslrootcert contains no certificate in PEM format",
    [`sslrootcert=${folder}`]: "directory",
    [`sslcert=${fine}&sslkey=${locked}`]: "sslkey contains no private key without a passphrase",
    [`sslcert=${fine}&sslkey=${fine}`]: "sslkey contains no private key",
    "sslcert=-----BEGIN+secret&sslkey=secret": "sslcert contains no certificate",
    [`sslcert=${fine}&sslkey=secret`]: "sslkey: No such file",
  };
  for (const [parameters, expected] of Object.entries(cases)) {
    const DATABASE_URL = `postgres://u:secret@127.0.0.1:1/d?sslmode=verify-full&${parameters}`;
    const config = loadConfig({ DATABASE_URL, KV_PATH: ":memory:" });
    const { message } = await assertRejects(() => openService(config), ConfigError);
    assertStringIncludes(message, "DATABASE_URL names a file that cannot be read: ");
    assertStringIncludes(message, expected);
    assertEquals([message.includes("secret"), message.includes("\n")], [false, false], message);
  }
  await Deno.remove(folder, { recursive: true });
});
