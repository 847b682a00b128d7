/** The schema of `admin.rejections`. */

import { z } from "zod";
import { count, time } from "./fields.ts";

/** Output of `admin.rejections`: the rules that clients broke, most recent first. */
export const rejections = z.object({
  /** How long rules are kept, in hours. */
  hours: z.number(),
  rejections: z.array(z.object({
    /** The outcome (contract section 2): `invalid`, `rule_violated`, `too_large`, `conflict`, … */
    kind: z.string(),
    /** The rule and the field. */
    rule: z.string(),
    /** The message that the last client received. */
    message: z.string(),
    events: count,
    firstAt: time,
    lastAt: time,
    /** The last event that broke it, as redacted JSON text. */
    example: z.string(),
  })),
});
/** See `rejections`. */
export type Rejections = z.infer<typeof rejections>;
