/** What the SDK needs of the program it runs in, as ports, so that tests can control it. */

import type { Clock } from "../clock.ts";
import type { SluiceError } from "./errors.ts";
import type { Spool } from "./spool/spool.ts";

/** Where events outlive the process. */
export interface Disk {
  /** The folder of the spool unless the caller names one. */
  readonly defaultSpool: string;
  /** Opens the spool of the events for a service. */
  open(folder: string, endpoint: string): Spool;
}

/** The program that the SDK runs in. */
export interface Runtime {
  /** Its timers must not keep the process alive. */
  readonly clock: Pick<Clock, "now" | "monotonic" | "after">;
  readonly fetch: typeof fetch;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  /** Makes version 7 UUIDs, each greater than the last. */
  readonly newId: () => string;
  /** `null` where there is no file system. */
  readonly disk: Disk | null;
  /** Shows a problem where nobody listens to `onError`. */
  readonly warn: (error: SluiceError) => void;
  /** Calls `work` when the process has nothing else left to do, until the returned function is called. */
  readonly onIdle?: (work: () => void) => () => void;
  /** Keeps the process alive until the returned function is called. */
  readonly stayAlive?: () => () => void;
}
