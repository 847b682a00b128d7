/** All parts, in the order in which they run. */

import type { Part } from "../types.ts";
import { enrichment } from "./enrichment.ts";
import { p1 } from "./p1_track.ts";
import { p2 } from "./p2_batch.ts";
import { p3 } from "./p3_drain.ts";
import { p4 } from "./p4_whole_way.ts";
import { p5 } from "./p5_latency.ts";
import { p6 } from "./p6_memory.ts";
import { p7 } from "./p7_full_buffer.ts";
import { p8 } from "./p8_start.ts";

/** The suite. */
export const PARTS: readonly Part[] = [p1, p2, p3, p4, p5, p6, p7, p8, enrichment];
