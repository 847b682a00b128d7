/** Ids as the service makes them. */

import { createIds } from "../../src/events/id.ts";

/** A time-ordered id. */
export const newId: () => string = createIds({ now: Date.now });
