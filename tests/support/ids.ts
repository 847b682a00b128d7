/** Ids as the service makes them. */

import { createIdGenerator } from "../../src/events/id.ts";

/** A time-ordered id. */
export const newId: () => string = createIdGenerator({ now: Date.now });
