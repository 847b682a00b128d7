/** Notifications that get lost without an error. */

import { listenForNotifications } from "../../../src/kv/postgres/notifications.ts";
import { PostgresKv } from "../../../src/kv/postgres/kv.ts";
import { Database } from "../../../src/store/database.ts";
import { assertRejects } from "../../support/assert.ts";
import { FakeClock } from "../../support/clock.ts";
import { serverPrograms } from "../../support/cluster.ts";
import { openKvServer } from "../../support/postgres_kv.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { until } from "../../support/until.ts";

Deno.test({
  name:
    "8.23 a listener to which no notification comes any more says so, to be opened again (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using place = await openKvServer();
    const clock = new FakeClock();
    const kv = await PostgresKv.open({ url: place.path, clock, deadlineMs: 5_000 });
    await using database = new Database({ url: place.path });
    await using proxy = new TcpProxy(place.port);
    let notifications = 0;
    const closed = Promise.withResolvers<void>();
    const options = { database, clock, deadlineMs: 5_000, closed: closed.promise };
    const listening = listenForNotifications(
      { ...options, url: proxy.through(place.path) },
      () => notifications++,
    );
    let failure: unknown = null;
    listening.catch((error) => failure = error);
    try {
      await until(() => notifications === 1, "the first notification");
      await clock.advance(60_000);
      await until(() => notifications === 2, "the one of the next minute");
      await kv.enqueue({});
      await until(() => notifications === 3, "that of a message");
      proxy.toClient = () => ({ bytes: new Uint8Array() });
      await until(async () => {
        await clock.advance(5_000);
        return failure !== null;
      }, "the listener to notice");
      await assertRejects(() => listening, Error, "notifications no longer arrive");
    } finally {
      closed.resolve();
      await kv.close();
    }
  },
});
