import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { freePort, runTask } from "../support/command.ts";
import { openIdentify } from "../support/identify.ts";
import { openTestPostgres } from "../support/postgres.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NO_DATA_DIR = { DATA_DIR: "/nonexistent/sluice" };

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("token prints a JWT that the service accepts, with the given claims", async () => {
  const args = ["CREATOR", "--sub", "user_7", "--creator", "creator_7"];
  const { code, out } = await runTask("token", args, { AUTH_JWT_SECRET: SECRET });
  assertEquals(code, 0);
  const identify = openIdentify({ secret: SECRET });
  assertEquals(await identify(out.trim()), {
    userId: "user_7",
    role: "CREATOR",
    creatorId: "creator_7",
    brandId: null,
  });
});

Deno.test("token reports missing and invalid arguments", async () => {
  assertStringIncludes((await runTask("token", [], NO_DATA_DIR)).err, "ROLE is missing");
  const hours = await runTask("token", ["ADMIN", "--hours", "soon"], NO_DATA_DIR);
  assertStringIncludes(
    hours.err,
    '--hours must be a number above 0 and at most 8760, got "soon".',
  );
  const secret = await runTask("token", ["ADMIN"], NO_DATA_DIR);
  assertEquals(secret.code, 1);
  assertStringIncludes(secret.err, "AUTH_JWT_SECRET is not set");
});

Deno.test("migrate reports that there is nothing to apply", async () => {
  const { code, out } = await runTask("migrate", [], { DATABASE_URL: postgres.url });
  assertEquals([code, out], [0, "No migrations to apply.\n"]);
});

Deno.test("migrate prints its usage, and takes no arguments", async () => {
  const help = await runTask("migrate", ["--help"]);
  assertEquals(help.code, 0);
  assertStringIncludes(help.out, "Usage: deno task migrate");
  const extra = await runTask("migrate", ["up"]);
  assertEquals(extra.code, 1);
  assertStringIncludes(extra.err, "migrate takes no arguments.");
});

Deno.test("migrate fails with a clear message if DATABASE_URL is not set or the database is unreachable", async () => {
  const unset = await runTask("migrate", []);
  assertEquals(unset.code, 1);
  assertStringIncludes(unset.err, "DATABASE_URL is not set");
  const unreachable = await runTask("migrate", [], {
    DATABASE_URL: "postgres://a:b@127.0.0.1:9/none",
  });
  assertEquals(unreachable.code, 1);
  assertMatch(unreachable.err, /^Cannot migrate: .*ECONNREFUSED/);
});

Deno.test("7.15 no command works on a database that a newer version has migrated", async () => {
  await using newer = await openTestPostgres();
  await newer.database.run((sql) =>
    sql`insert into schema_migrations (version, name) values (9999, '9999_newer.sql')`
  );
  const folder = await Deno.makeTempDir({ prefix: "sluice-newer-" });
  const settings = { DATABASE_URL: newer.url, DATA_DIR: folder };
  const commands = {
    migrate: await runTask("migrate", [], settings),
    reenrich: await runTask("reenrich", ["--since", "2026-01-01"], settings),
  };
  await Deno.remove(folder, { recursive: true });
  for (const [name, { code, err }] of Object.entries(commands)) {
    assertEquals(code, 1, name);
    assertMatch(
      err,
      /^Cannot \w+: the database has the migration 9999_newer\.sql, which this version of Sluice does not have: .*\.\n$/m,
      name,
    );
  }
});

Deno.test("query prints rows as columns, and is read-only", async () => {
  const settings = { DATABASE_URL: postgres.url };
  const { out } = await runTask(
    "query",
    ["select 1 as one, 'a b' as text, null as none"],
    settings,
  );
  assertEquals(out, "one  text  none\n1    a b\n(1 row)\n");
  const write = await runTask("query", ["delete from events"], settings);
  assertEquals(write.code, 1);
  assertStringIncludes(write.err, "read-only");
});

Deno.test("query takes exactly one statement", async () => {
  const missing = await runTask("query", []);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "The statement is missing.");
  const unquoted = await runTask("query", ["select", "1"]);
  assertEquals(unquoted.code, 1);
  assertStringIncludes(unquoted.err, "The statement must be one argument; put it in quotes.");
});

Deno.test("12.1 start fails with a message for each invalid setting", async () => {
  const { code, err } = await runTask("start", [], { PORT: "eighty", BATCH_SIZE: "0" });
  assertEquals(code, 1);
  assertEquals(
    err,
    'PORT must be a whole number from 0 to 65535, got "eighty".\n' +
      'BATCH_SIZE must be a whole number from 1 to 10000, got "0".\n',
  );
});

for (const command of ["start", "dev"]) {
  Deno.test(`${command} fails with a clear message if the port is taken`, async () => {
    await assertPortTaken(command);
  });
}

async function assertPortTaken(command: string): Promise<void> {
  const port = freePort();
  const listener = Deno.listen({ port });
  const folder = await Deno.makeTempDir({ prefix: "sluice-start-" });
  const { code, err } = await runTask(command, [], {
    PORT: String(port),
    DATABASE_URL: postgres.url,
    DATA_DIR: folder,
  });
  listener.close();
  await Deno.remove(folder, { recursive: true });
  assertEquals(code, 1);
  assertStringIncludes(err, `PORT ${port} is already in use; set PORT to a free one.`);
}

Deno.test("13.1 apikey creates a key that is shown once, lists it by its ends, and revokes it", async () => {
  const settings = { DATABASE_URL: postgres.url };
  const args = [
    "create",
    "billing",
    "--scope",
    "ingest:as",
    "--environment",
    "test",
    "--rate",
    "9",
  ];
  const { code, out, err } = await runTask("apikey", args, settings);
  assertEquals(code, 0, err);
  const key = out.trim();
  assertMatch(key, /^sluice_key_[0-9A-Za-z]{42}$/);
  const id = /Its id is (\S{36})\. /.exec(err)?.[1] ?? "";
  const listed = (await runTask("apikey", ["list"], settings)).out;
  assertEquals(
    listed,
    `${id}  ${key.slice(0, 15)}…${
      key.slice(-4)
    }  "billing"  (test)  ingest:as  9 events/s  never used\n`,
  );
  const revoked = await runTask("apikey", ["revoke", id], settings);
  assertEquals(revoked.out, 'Revoked "billing". Every process refuses it within seconds.\n');
  assertMatch((await runTask("apikey", ["list"], settings)).out, / {2}revoked 2\d{3}-\S+Z\n$/);
  const again = await runTask("apikey", ["revoke", id], settings);
  assertEquals([again.code, again.err], [
    1,
    `There is no key with the id ${id} that is not revoked.\n`,
  ]);
});

Deno.test("13.1 apikey reports missing and invalid arguments", async () => {
  const errorOf = async (...args: string[]) => {
    const { code, err } = await runTask("apikey", args, { DATABASE_URL: postgres.url });
    assertEquals(code, 1);
    return err;
  };
  assertStringIncludes(await errorOf("create"), "NAME is missing.");
  assertStringIncludes(
    await errorOf("create", "a"),
    "scopes must have at least one of ingest, ingest:as, import, read, admin.",
  );
  assertStringIncludes(
    await errorOf("create", "a", "--scope", "all"),
    "scopes.0 must be one of ingest, ingest:as, import, read, admin.",
  );
  assertStringIncludes(
    await errorOf("create", "a", "--scope", "read", "--rate", "fast"),
    "eventsPerSecond must be a number above 0 and at most 1000000.",
  );
  assertStringIncludes(await errorOf("revoke", "billing"), 'ID must be a UUID, as "deno task');
  assertStringIncludes(await errorOf("rotate"), 'Cannot understand "rotate".');
});
