/** What the role of a buffer in PostgreSQL has to be allowed. */

import postgres from "postgres";
import { systemClock } from "../../../src/clock.ts";
import { KvOpenError, openRemoteKv } from "../../../src/kv/open.ts";
import type { RemoteKv } from "../../../src/kv/remote.ts";
import { assert, assertEquals, assertNotMatch, assertRejects } from "../../support/assert.ts";
import { openCluster, serverPrograms } from "../../support/cluster.ts";

/** Opens the KV as the role `buffer`, and uses all of it. */
async function useAs(url: string): Promise<void> {
  const as = Object.assign(new URL(url), { username: "buffer", password: "secret_password" });
  const kv: RemoteKv = await openRemoteKv(as.href, { clock: systemClock, deadlineMs: 5_000 });
  try {
    assert((await kv.atomic().set(["a"], 1).sum(["n"], 1n).enqueue({ kind: "a" }).commit()).ok);
    assertEquals((await kv.get(["a"])).value, 1);
    await kv.delete(["a"]);
  } finally {
    await kv.close();
  }
}

Deno.test({
  name:
    "8.22 a role may own the schema, or use another one's; else the message says what it needs (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using server = await openCluster();
    const admin = postgres(server.url, { max: 1, onnotice: () => {} });
    try {
      await admin.unsafe("create role buffer login");
      const error = await assertRejects(() => useAs(server.url), KvOpenError);
      assertEquals(
        error.message,
        'Cannot open the KV at KV_PATH "postgres://…": permission denied for database postgres. ' +
          "The role of KV_PATH needs CREATE on the database at the first start, or a schema " +
          "sluice_kv that it owns; of the schema of another role it needs USAGE, and ALL on all " +
          "tables and sequences in it.",
      );
      await admin.unsafe("create schema sluice_kv authorization buffer");
      await useAs(server.url);
      await admin.unsafe("drop schema sluice_kv cascade");
      const owner = await openRemoteKv(server.url, { clock: systemClock, deadlineMs: 5_000 });
      await owner.close();
      await assertRejects(() => useAs(server.url), KvOpenError, "needs USAGE");
      await admin.unsafe("grant usage on schema sluice_kv to buffer");
      await admin.unsafe("grant all on all tables in schema sluice_kv to buffer");
      await admin.unsafe("grant all on all sequences in schema sluice_kv to buffer");
      await useAs(server.url);
      const missing = Object.assign(new URL(server.url), { pathname: "/missing" });
      const absent = await assertRejects(() => useAs(missing.href), KvOpenError);
      assertNotMatch(absent.message, /secret_password|must be/);
    } finally {
      await admin.end();
    }
  },
});
