/** Bounds the number of calls that one tRPC request makes (contract 1.14). */

import { TRPCError } from "@trpc/server";
import { MAX_BATCH_EVENTS } from "../../trpc/router.ts";

/** Calls of one request if all of them track: as many as a batch has events. */
const MAX_TRACKING_CALLS = MAX_BATCH_EVENTS;
/** Calls of one request otherwise: each of them may read Postgres. */
const MAX_OTHER_CALLS = 10;

const TRACKING = /^eventIngestion\.track(Batch)?$/;

/** Why a request makes too many calls; `null` if it does not. `path` is below the router's. */
export function checkCalls(path: string, query: URLSearchParams): TRPCError | null {
  if (query.get("batch") !== "1") return null;
  // Not all of them: a URL has room for thousands.
  const calls = decode(path).split(",", MAX_TRACKING_CALLS + 1);
  const limit = calls.every((call) => TRACKING.test(call)) ? MAX_TRACKING_CALLS : MAX_OTHER_CALLS;
  if (calls.length <= limit) return null;
  return new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `A request must have at most ${MAX_TRACKING_CALLS} calls that track, or ` +
      `${MAX_OTHER_CALLS} others; set maxItems of the batch link`,
  });
}

/** As tRPC does before it splits the path; it rejects one that cannot be decoded. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
