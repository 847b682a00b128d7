/** All parts, in the order they run. */

import type { Part } from "../types.ts";
import { enrichmentPart } from "./enrichment.ts";
import { trackPart } from "./track.ts";
import { batchPart } from "./batch.ts";
import { drainPart } from "./drain.ts";
import { pipelinePart } from "./pipeline.ts";
import { latencyPart } from "./latency.ts";
import { memoryPart } from "./memory.ts";
import { fullBufferPart } from "./full_buffer.ts";
import { remotePart } from "./remote.ts";
import { processesPart } from "./processes.ts";
import { startPart } from "./start.ts";
import { peerPart } from "./peer.ts";
import { sizingPart } from "./sizing.ts";

/** The parts of the suite. */
export const PARTS: readonly Part[] = [
  trackPart,
  batchPart,
  drainPart,
  pipelinePart,
  latencyPart,
  memoryPart,
  fullBufferPart,
  startPart,
  enrichmentPart,
  peerPart,
  remotePart,
  processesPart,
  sizingPart,
];
