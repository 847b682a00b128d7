/** What becomes of a buffer whose server is replaced by another one. */

import { systemClock } from "../../../src/clock.ts";
import { openRemoteKv } from "../../../src/kv/open.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../support/assert.ts";
import { openCluster, serverPrograms } from "../../support/cluster.ts";
import { makePostgresKv, openTestPostgresKv } from "../../support/postgres_kv.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { until } from "../../support/until.ts";

const options = { clock: systemClock, deadlineMs: 3_000 };

/** The URL with another host before its own. */
function withFirstHost(url: string, port: number): string {
  const { host } = new URL(url);
  return url.replace(host, `127.0.0.1:${port},${host}`);
}

Deno.test("8.23 of several hosts the next one is used while the first says nothing", async () => {
  await using place = await makePostgresKv();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const kv = await openRemoteKv(withFirstHost(place.path, silent.addr.port), options);
  try {
    await until(() => kv.awayBecause === null, "the second host to be used");
    await kv.set(["a"], 1);
    assertEquals((await kv.get(["a"])).value, 1);
  } finally {
    await kv.close();
  }
});

Deno.test({
  name:
    "8.23 a server that has become a standby is away, and left for the one that its name stands for then (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using former = await openCluster();
    await using next = await openCluster();
    for (const { url } of [former, next]) await (await openRemoteKv(url, options)).close();
    await using proxy = new TcpProxy(former.port); // as a name does, it leads new connections elsewhere
    await using opened = await openTestPostgresKv({ path: proxy.through(former.url) });
    await opened.kv.set(["a"], 1);
    await former.stopImmediately();
    await former.makeStandby();
    await former.start();
    const kv = await openRemoteKv(proxy.through(former.url), options);
    const hosts = withFirstHost(former.url, former.port);
    const several = await openRemoteKv(hosts, options);
    try {
      assertStringIncludes(kv.awayBecause ?? "", "the server accepts no writes: it is a standby");
      assertEquals(several.awayBecause, "none of the hosts in the URL accepts writes");
      await until(
        () =>
          opened.kv.set(["a"], 2).then(() => false, (error) => String(error).includes("no writes")),
        "the KV that was open to be away",
      );
      proxy.target = next.port;
      await until(() => kv.awayBecause === null, "the next server to be used");
      await kv.set(["a"], 3);
      await until(
        () => opened.kv.get(["a"]).then(({ value }) => value === 3, () => false),
        "it to be used by the KV that was open, too",
      );
      assert((await opened.kv.set(["a"], 4)).ok);
      await assertRejects(() => several.set(["a"], 1), Error, "accepts writes");
    } finally {
      await kv.close();
      await several.close();
    }
  },
});
