/** A buffer on a test's KV. */

import { Backlog } from "../../src/buffer/backlog.ts";
import { GroupCommit, type GroupCommitOptions } from "../../src/buffer/group_commit.ts";
import { systemClock } from "../../src/clock.ts";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import type { AcceptedEvent } from "../../src/events/types.ts";
import { SEGMENTS } from "../../src/kv/keys.ts";
import { LOCAL_LIMITS } from "../../src/kv/limits.ts";
import { unpack } from "../../src/kv/segment.ts";
import type { Kv } from "../../src/kv/port.ts";
import { newId } from "./ids.ts";

/** Creates a buffer with the service's defaults and `options`. */
export function makeBuffer(
  kv: Kv,
  options: Partial<GroupCommitOptions> & { maxBuffered?: number } = {},
): GroupCommit {
  const clock = options.clock ?? systemClock;
  return new GroupCommit({
    kv,
    clock,
    limits: LOCAL_LIMITS,
    backlog: new Backlog(kv, clock, options.maxBuffered ?? 1_000_000),
    newId,
    deduplicationTtlMs: 60_000,
    idempotencyTtlMs: 3_600_000,
    maxKeysInMemory: 1_000_000,
    maxWaitMs: 60_000,
    maxWaitingLength: Infinity,
    onBuffered: () => {},
    ...options,
  });
}

/** Appends an event unless the buffer is overloaded, as `createIngest` does. */
export function offer(buffer: GroupCommit, event: AcceptedEvent): Promise<BufferOutcome> {
  const overload = buffer.checkOverload();
  return overload === null ? buffer.append(event) : Promise.resolve(overload);
}

/** All lines in the buffer, by segment. */
export async function bufferedLines(kv: Kv): Promise<string[][]> {
  return await Array.fromAsync(
    kv.list<Uint8Array>({ prefix: SEGMENTS }),
    ({ value }) => unpack(value),
  );
}
