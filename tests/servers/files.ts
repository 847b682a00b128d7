/** Which test files run on every version of PostgreSQL that is supported: those whose subject is SQL. */

import { usersOf } from "../on_server.ts";

/** Where SQL is what is tested; elsewhere a test needs some Postgres, whichever it is. */
const SUBJECTS: readonly string[] = [
  "tests/admin/",
  "tests/api_keys/",
  "tests/cli/",
  "tests/enrichment/",
  "tests/flush/",
  "tests/kv/",
  "tests/outbox/",
  "tests/reconciliation/",
  "tests/store/",
  "tests/upgrade/",
];

/** Reads the URL of a server, or imports what finds its programs to start one. */
const USES_SERVER = /Deno\.env\.\w+\("TEST_DATABASE_URL"\)|\/postgres_server\.ts"/;

/** The few that `.ci/run` has time for: between them they run every statement on tables of the service. */
export const FEW: readonly string[] = [
  "tests/admin/events_test.ts",
  "tests/admin/plots_test.ts",
  "tests/kv/postgres/conformance_test.ts",
  "tests/kv/postgres/server_test.ts",
  "tests/reconciliation/reconcile_test.ts",
  "tests/store/doubtful_test.ts",
  "tests/store/enrichment_sink_test.ts",
  "tests/store/event_sink_test.ts",
  "tests/store/migrate_test.ts",
  "tests/store/read_only_test.ts",
  "tests/store/readme_test.ts",
  "tests/store/reenrich_test.ts",
  "tests/upgrade/fixture_test.ts",
];

/** All of them. */
export async function filesOnServers(): Promise<string[]> {
  return (await usersOf(USES_SERVER))
    .filter((file) => SUBJECTS.some((folder) => file.startsWith(folder)));
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${FEW.join("\n")}\n`));
}
