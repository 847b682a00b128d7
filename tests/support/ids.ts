/** Ids like the service's. */

import { createIdGenerator } from "../../src/events/id.ts";

/** Makes a time-ordered id. */
export const newId: () => string = createIdGenerator({ now: Date.now });
