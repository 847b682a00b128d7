/** Notifications that get lost without an error. */

import { systemClock } from "../../../src/clock.ts";
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

Deno.test({
  name:
    "8.22 messages that a process was receiving when its machine was lost are received by another (needs server programs)",
  ignore: serverPrograms() === null,
  async fn() {
    await using server = await openKvServer();
    await using proxy = new TcpProxy(server.port);
    const options = { clock: systemClock, deadlineMs: 1_000 };
    const lost = await PostgresKv.open({ ...options, url: proxy.through(server.path) });
    const kv = await PostgresKv.open({ ...options, url: server.path });
    const gone = Promise.withResolvers<void>();
    let interrupted: unknown = null;
    let sent = 0;
    const receiving = lost.listenQueue((message) => {
      interrupted ??= message;
      // Neither side hears of the other any more, not even that connections are closed.
      proxy.toServer = proxy.toClient = async (bytes) => {
        await gone.promise;
        return { bytes };
      };
    }).catch(() => {});
    const received: unknown[] = [];
    try {
      await until(async () => {
        await kv.enqueue(sent++);
        return interrupted !== null;
      }, "a message to be received");
      const listening = kv.listenQueue((message) => void received.push(message));
      await until(async () => {
        await kv.enqueue(sent++);
        return received.includes(interrupted);
      }, "the message to be received again");
      await kv.close();
      await listening;
    } finally {
      proxy.toServer = proxy.toClient = (bytes) => ({ bytes });
      gone.resolve();
      await kv.close();
      await until(() => lost.get(["a"]).then(() => true, () => false), "its connections");
      await lost.close();
      await receiving;
    }
  },
});
