/** The server SDK for Node, Deno and Bun. */

import { resolve } from "node:path";
import process from "node:process";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import { createIdGenerator } from "../events/id.ts";
import type { Runtime } from "./runtime.ts";
import { createSluiceIn } from "./sluice.ts";
import { nodeFiles } from "./spool/node_files.ts";
import { thisProcess } from "./spool/node_process.ts";
import { serviceFolder } from "./spool/service_folder.ts";
import { Spool } from "./spool/spool.ts";
import type { Sluice, SluiceOptions } from "./types.ts";

export { SluiceError, type SluiceErrorCode, type SluiceErrorDetails } from "./errors.ts";
export { keyOf } from "./key_of.ts";
export type * from "./types.ts";
export { ENTITY_TYPES, EVENT_SOURCES, EVENT_TYPES } from "../events/catalogue.ts";

const clock: Runtime["clock"] = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const newId = createIdGenerator({ now: Date.now });

const runtime: Runtime = {
  clock,
  newId,
  fetch: (...request) => fetch(...request),
  random: Math.random,
  disk: {
    defaultSpool: ".sluice",
    open: (folder, endpoint) =>
      new Spool({
        root: serviceFolder(resolve(folder), endpoint),
        files: nodeFiles,
        process: thisProcess(),
        clock,
        newId,
      }),
  },
  warn: ({ code, message }) => process.emitWarning(message, { type: "Sluice", code }),
  onIdle(work) {
    process.on("beforeExit", work);
    return () => process.off("beforeExit", work);
  },
  stayAlive() {
    const timer = setInterval(() => {}, 60_000);
    return () => clearInterval(timer);
  },
};

/**
 * Creates the SDK.
 *
 * @throws {TypeError} for an invalid option; nothing throws afterwards
 *
 * @example
 * ```ts
 * const sluice = createSluice({ url: "https://events.example.com", apiKey });
 * await sluice.as({ userId: "u_1" }).track({ eventType: "license_signed", props: { license_id: "1" } });
 * ```
 */
export function createSluice(options: SluiceOptions): Sluice {
  return createSluiceIn(runtime, options);
}
