/** Fields of the schemas of `admin.*`. */

import { z } from "zod";
import { storableText } from "../../events/storable.ts";

/** ISO 8601, in UTC. */
export const time = z.iso.datetime();
/** Of any version. */
export const uuid = z.guid("must be a UUID (8-4-4-4-12 hexadecimal digits)");
/** A number of things. */
export const count = z.int();
/** A counter that someone may have changed to any value, also beyond the integers that JSON is safe for. */
export const anyCount = z.number();
/** A text to look for in a column. */
export const text = z.string().min(1).max(255).transform(storableText);

/** The input of a procedure that lists page by page. */
export function pageFields<C extends z.ZodType>(maxLimit: number, cursor: C) {
  return { limit: z.int().min(1).max(maxLimit).default(50), cursor: cursor.optional() };
}
