/** A spool on a disk that is full, for real. */

import { assertArrayIncludes, assertEquals, assertGreater } from "../support/assert.ts";
import type { SluiceError } from "../../src/server_sdk/errors.ts";
import { createSluice } from "../../src/server_sdk/mod.ts";
import type { Tracked } from "../../src/server_sdk/types.ts";
import { canMount, fillDisk, mountSmallDisk } from "../support/small_disk.ts";
import { accept, type WireEvent } from "./open.ts";

Deno.test({
  name: "a full disk loses and doubles nothing: events wait in memory for the service",
  ignore: !await canMount(),
  async fn() {
    await using disk = await mountSmallDisk(3);
    const path = disk?.path ?? "";
    const keys: string[] = [];
    let isAway = true;
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    await using service = Deno.serve(options, async (request) => {
      const { events } = await request.json() as { events: WireEvent[] };
      if (isAway) return new Response(null, { status: 503 });
      keys.push(...events.map(({ idempotencyKey }) => idempotencyKey));
      return accept(events);
    });
    const errors: SluiceError[] = [];
    const sluice = createSluice({
      url: `http://127.0.0.1:${service.addr.port}`,
      spool: `${path}/spool`,
      onError: (error) => errors.push(error),
    });
    const tracked: Promise<Tracked>[] = [];
    const track = () => {
      const promise = sluice.track({ eventType: "a", props: { text: "x".repeat(20_000) } });
      tracked.push(promise);
      return promise;
    };
    assertEquals((await track()).durable, "spool");
    await fillDisk(`${path}/filler`);
    const waiting = Array.from({ length: 20 }, track);
    await Promise.race([...waiting, sluice.flush()]);
    assertEquals(sluice.stats().queued, 21);
    assertArrayIncludes(errors.map(({ code }) => code), ["spool"]);
    await Deno.remove(`${path}/filler`);
    assertEquals((await track()).durable, "spool");
    isAway = false;
    const { queued, dropped, sent } = await sluice.shutdown(30_000);
    assertEquals({ queued, dropped, sent }, { queued: 0, dropped: 0, sent: 22 });
    const settled = await Promise.all(tracked);
    assertGreater(settled.filter(({ durable }) => durable === "service").length, 0);
    assertEquals(
      keys.toSorted(),
      settled.map(({ idempotencyKey }) => idempotencyKey).toSorted(),
    );
  },
});
