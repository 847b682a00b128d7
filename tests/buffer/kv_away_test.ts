/** What becomes of events while a KV over a network is away. */

import { assertEquals } from "@std/assert";
import { countBuffered } from "../../src/kv/counter.ts";
import { CONNECT_LIMITS } from "../../src/kv/limits.ts";
import { KvAwayError, KvTimeoutError } from "../../src/kv/presence.ts";
import type { Kv } from "../../src/kv/port.ts";
import { makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { aroundCommits } from "../support/kv_commits.ts";
import { openTestKv } from "../support/kv.ts";

function keyed() {
  return acceptedEvent({ eventType: "keyed", idempotencyKey: crypto.randomUUID() });
}

/** An event without a claim. */
function unclaimed() {
  return { ...acceptedEvent({ eventType: "unclaimed" }), dedupKey: { by: "nothing" } as const };
}

/** A buffer on `kv` whose commits fail as `fails` says; counts those that were sent. */
function openBuffer(kv: Kv, fails: (commit: () => Promise<unknown>) => Promise<never>) {
  let commits = 0;
  const failing = aroundCommits(kv, (_, commit) => {
    commits += 1;
    return fails(commit);
  });
  return { buffer: makeBuffer(failing, { limits: CONNECT_LIMITS }), commits: () => commits };
}

Deno.test("8.20 an event that is not sent to a KV which is away is not stored", async () => {
  await using opened = await openTestKv();
  const { buffer, commits } = openBuffer(
    opened.kv,
    () => Promise.reject(new KvAwayError("KV did not respond")),
  );
  assertEquals(await buffer.append(keyed()), { kind: "unavailable" });
  assertEquals([commits(), await countBuffered(opened.kv)], [1, 0]);
});

Deno.test("8.20 a commit that timed out and is not found is in doubt, as it may still be applied", async () => {
  await using opened = await openTestKv();
  for (const event of [keyed(), unclaimed()]) {
    const { buffer, commits } = openBuffer(
      opened.kv,
      () => Promise.reject(new KvTimeoutError("KV did not respond")),
    );
    const { kind } = await buffer.append(event);
    assertEquals([kind, commits()], ["failed", 1], event.dedupKey.by);
  }
});

Deno.test("8.20 a commit that timed out and is found was applied", async () => {
  await using opened = await openTestKv();
  const { buffer, commits } = openBuffer(opened.kv, async (commit) => {
    await commit();
    throw new KvTimeoutError("KV did not respond");
  });
  assertEquals(await buffer.append(keyed()), { kind: "accepted" });
  assertEquals([commits(), await countBuffered(opened.kv)], [1, 1]);
});
