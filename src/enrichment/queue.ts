/**
 * Listens to the KV queue and finds out whether there is one: over KV Connect `listenQueue` waits for
 * ever, and on Deno Deploy calling it may throw. Until a message has come, nobody relies on the listener.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { UNDELIVERED } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { KIND, type Notification } from "./outbox.ts";

/** `KV_QUEUES`: find out, rely on it, or do without. */
export type QueueMode = "auto" | "on" | "off";

/** What listening needs. */
export interface QueueOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly mode: QueueMode;
  /**
   * Called for each listener. It only asks for a sweep: Deno hears any number of messages at once, and
   * enriching in each would take every connection from the flush.
   */
  readonly onNotify: () => void;
}

/** A message that only asks whether messages come. */
const PROBE = { kind: "probe" } as const;
const LISTEN_AGAIN_MS = 1_000;

const logger = getLogger(["sluice", "enrichment"]);

/** The KV queue, one listener a process. */
export class QueueListener {
  readonly #options: QueueOptions;
  #delivers: boolean;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#delivers = options.mode === "on";
  }

  /** Whether messages are known to come. */
  get delivers(): boolean {
    return this.#delivers;
  }

  /** Listens until `stop`; another process that writes can end a listening early. */
  async listen(stop: AbortSignal): Promise<void> {
    const { kv, clock, mode } = this.#options;
    if (mode === "off") return;
    if (mode === "auto") this.#probe();
    while (!stop.aborted) {
      try {
        await kv.listenQueue((message: unknown) => this.#hear(message));
      } catch (error) {
        if (stop.aborted) return;
        logger.warn("Listening to the KV queue failed and is tried again: {error}", { error });
        // Where there is no queue it fails at once and for good.
        if (error instanceof TypeError && mode === "auto") return;
      }
      if (!stop.aborted) await clock.sleep(LISTEN_AGAIN_MS);
    }
  }

  #hear(message: unknown): void {
    this.#delivers = true;
    if (isNotification(message)) this.#options.onNotify();
  }

  #probe(): void {
    this.#options.kv.enqueue(PROBE, { keysIfUndelivered: [UNDELIVERED] }).catch((error) => {
      logger.debug("There is no KV queue: {error}", { error });
    });
  }
}

function isNotification(message: unknown): message is Notification {
  return typeof message === "object" && message !== null &&
    "kind" in message && message.kind === KIND;
}
