/** The server SDK for workers and edge functions, which have no file system. */

import { createIdGenerator } from "../events/id.ts";
import { createSluiceIn } from "./sluice.ts";
import type { Runtime } from "./runtime.ts";
import type { Sluice, SluiceOptions } from "./types.ts";

export { SluiceError, type SluiceErrorCode, type SluiceErrorDetails } from "./errors.ts";
export { keyOf } from "./key_of.ts";
export type * from "./types.ts";
export { ENTITY_TYPES, EVENT_SOURCES, EVENT_TYPES } from "../events/catalogue.ts";

const runtime: Runtime = {
  clock: {
    now: Date.now,
    monotonic: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  },
  fetch: (...request) => fetch(...request),
  random: Math.random,
  newId: createIdGenerator({ now: Date.now }),
  disk: null,
  // deno-lint-ignore no-console -- a worker's log is all that there is
  warn: ({ message }) => console.warn(`Sluice: ${message}`),
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
