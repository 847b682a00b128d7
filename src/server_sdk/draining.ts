/** Waits until the queue is sent: `flush` and `shutdown`. */

import type { Clock } from "../clock.ts";
import type { Queue } from "./queue.ts";
import type { Sender } from "./sender.ts";
import type { Spooling } from "./spooling.ts";

/** What draining needs. */
export interface DrainingOptions {
  readonly queue: Queue;
  readonly sender: Sender;
  readonly spooling: Spooling | null;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly newId: () => string;
}

/** Sends what is queued now, until an attempt fails or `ms` have passed. */
export async function flush(options: DrainingOptions, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = options.clock.after(ms, resolve);
    drain(options).finally(() => {
      cancel();
      resolve();
    });
  });
}

/** Flushes until nothing is left, or nothing more can be sent within `ms`. */
export async function flushFor(options: DrainingOptions, ms: number): Promise<void> {
  const { queue, sender, clock } = options;
  const endsAt = clock.monotonic() + ms;
  for (let leftMs; (leftMs = endsAt - clock.monotonic()) > 0;) {
    await flush(options, leftMs);
    const { pauseMs } = sender;
    if (queue.isEmpty || clock.monotonic() + pauseMs >= endsAt) return;
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
}

async function drain({ queue, sender, spooling, newId }: DrainingOptions): Promise<void> {
  await spooling?.idle();
  const last = newId();
  let oldest: string;
  while ((oldest = queue.oldestId) !== "" && oldest < last && await sender.step());
}
