/**
 * KV queue messages: each announces records of one kind. Over KV Connect `listenQueue` is pending forever,
 * and on Deno Deploy it may throw, so the queue is not used before a message has arrived.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { undeliveredKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";

/** `KV_QUEUES`: probe for a queue, rely on one, or use none. */
export type QueueMode = "auto" | "on" | "off";

/** Options of `QueueListener`. */
export interface QueueListenerOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly mode: QueueMode;
  /**
   * Called for each message with the kind of its records. It should only ask for a sweep: Deno delivers
   * any number of messages at once, and work done for each would take all connections from the flush.
   */
  readonly onNotify: (kind: string) => void;
}

/** A message: there are records of a kind. */
interface Notification {
  readonly kind: string;
}

/** The kind of the message that tests whether messages are delivered. */
const PROBE = "probe";
const BACKOFF_MS = [100, 1_000, 5_000, 30_000];
const LISTEN_AGAIN_MS = 1_000;

const logger = getLogger(["sluice", "outbox"]);

/** Sends a message with an operation, once that is committed. */
export function notify(operation: AtomicOperation, kind: string): void {
  const notification: Notification = { kind };
  operation.enqueue(notification, {
    backoffSchedule: BACKOFF_MS,
    keysIfUndelivered: [undeliveredKey(kind)], // for inspection only: the records wait for the next sweep
  });
}

/** Listens to the KV queue; one per process. */
export class QueueListener {
  readonly #options: QueueListenerOptions;
  #delivers: boolean;

  constructor(options: QueueListenerOptions) {
    this.#options = options;
    this.#delivers = options.mode === "on";
  }

  /** Whether messages are known to be delivered. */
  get delivers(): boolean {
    return this.#delivers;
  }

  /** Listens until `stop` is aborted, and again whenever another process's write ends it early. */
  async listen(stop: AbortSignal): Promise<void> {
    const { kv, clock, mode } = this.#options;
    if (mode === "off") return;
    if (mode === "auto") this.#probe();
    while (!stop.aborted) {
      try {
        await kv.listenQueue((message: unknown) => this.#receive(message));
      } catch (error) {
        if (stop.aborted) return;
        // This KV has no queue, as on Deno Deploy; sweeps start enrichment there.
        if (error instanceof TypeError) return this.#giveUp(error.message);
        logger.warn("Cannot listen to the KV queue; trying again: {error}", { error });
      }
      if (!stop.aborted) await clock.sleep(LISTEN_AGAIN_MS);
    }
  }

  #giveUp(reason: string): void {
    this.#delivers = false;
    if (this.#options.mode === "auto") return;
    logger.error(
      "KV_QUEUES is on, but this KV delivers no messages: {reason}. Enrichment starts after a flush of the same process, or within a minute",
      { reason },
    );
  }

  #receive(message: unknown): void {
    this.#delivers = true;
    if (isNotification(message) && message.kind !== PROBE) this.#options.onNotify(message.kind);
  }

  #probe(): void {
    const notification: Notification = { kind: PROBE };
    this.#options.kv.enqueue(notification, { keysIfUndelivered: [undeliveredKey(PROBE)] })
      .catch((error) => {
        logger.debug("This KV has no queue: {error}", { error });
      });
  }
}

function isNotification(message: unknown): message is Notification {
  return typeof message === "object" && message !== null && "kind" in message &&
    typeof message.kind === "string";
}
