/** Which tests CI repeats on a PostgreSQL server. */

import { assertEquals } from "../support/assert.ts";
import { listFiles, readFile } from "../docs/files.ts";
import { isException, NOT_REPEATED, usersOfPostgres } from "../on_server.ts";

const users = await usersOfPostgres();
const others = (await listFiles("tests/", ["_test.ts", "_test.tsx"]))
  .filter((file) => !users.includes(file));

Deno.test("a test is repeated on a server if it, or what it imports, opens the Postgres of the run", () => {
  const known = [
    "tests/admission/admit_test.ts",
    "tests/app_test.ts",
    "tests/auth/cookies_test.ts",
    "tests/crash/faults_test.ts", // by its fixture
    "tests/e2e/dashboard_now_test.ts", // would be, but is an exception
    "tests/store/event_sink_test.ts",
    "tests/store/pooler_test.ts", // starts its own
  ];
  const repeated = users.filter((file) => !isException(file));
  assertEquals(known.filter((file) => repeated.includes(file)), [
    "tests/app_test.ts",
    "tests/crash/faults_test.ts",
    "tests/store/event_sink_test.ts",
  ]);
  assertEquals(known.filter((file) => others.includes(file)), [
    "tests/admission/admit_test.ts",
    "tests/auth/cookies_test.ts",
    "tests/store/pooler_test.ts",
  ]);
});

Deno.test("a test that is not repeated opens no Postgres of the run", async () => {
  const found: string[] = [];
  for (const file of others) {
    const text = await readFile(file);
    if (/openTestPostgres|TEST_DATABASE_URL/.test(text)) found.push(file);
  }
  assertEquals(found, ["tests/architecture/on_server_test.ts"]);
});

Deno.test("every exception is a test that would be repeated without it", () => {
  const needless = Object.keys(NOT_REPEATED)
    .filter((name) => !users.some((file) => file.startsWith(name)));
  assertEquals(needless, []);
});

Deno.test("nothing but tests reads TEST_DATABASE_URL", async () => {
  const found: string[] = [];
  for (const file of await listFiles("src/", [".ts", ".tsx"])) {
    if ((await readFile(file)).includes("TEST_DATABASE_URL")) found.push(file);
  }
  assertEquals(found, []);
});
