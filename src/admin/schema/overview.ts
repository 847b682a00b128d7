/** The schema of `admin.overview`. */

import { z } from "zod";
import { anyCount, count, time } from "./fields.ts";

/** Health of a component: `null` if healthy, otherwise the reason. */
const state = z.string().nullable();

/** A process, as it last said of itself. */
const process = z.object({
  id: z.string(),
  /** Its machine and process id or, on Deno Deploy, its region and deployment. */
  name: z.string(),
  version: z.string(),
  startedAt: time,
  seenAt: time,
  /** Events that it has accepted since it was started. */
  accepted: count,
  /** Of the seconds before it was last seen. */
  acceptedPerSecond: z.number(),
  /** When it last stored events; `null`: not yet. */
  flushedAt: time.nullable(),
});

/** Output of `admin.overview`. */
export const overview = z.object({
  at: time,
  buffer: z.object({
    events: anyCount,
    /** Age of the oldest event, in seconds. */
    oldestSeconds: z.number().nullable(),
    isProcessing: z.boolean(),
  }),
  /** All-time counters of all processes; the difference of two readings is a rate. */
  balance: z.object({
    received: anyCount,
    accepted: anyCount,
    duplicates: anyCount,
    rejected: anyCount,
    buffered: anyCount,
    stored: anyCount,
    replays: anyCount,
    dead_letters: anyCount,
    set_aside: anyCount,
  }),
  /** Of the last hour, in milliseconds; `null` without flushes or while Postgres is unavailable. */
  flush: z.object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable() }),
  enrichment: z.object({
    enabled: z.boolean(),
    /** Age of the oldest pending record, in seconds; `null` if there is none. */
    lagSeconds: z.number().nullable(),
  }),
  /** Dead letters waiting for an admin; `null` while Postgres is unavailable. */
  deadLetters: count.nullable(),
  /** Outbox records that fail while others do not, and are tried again until they are set aside. */
  failingRecords: count,
  /** Segments and outbox records that were set aside, as they cannot be read or processed. */
  setAside: count,
  /** Other values in KV that this process has found damaged since it was started. */
  damagedValues: count,
  health: z.object({ kv: state, postgres: state, flush: state, enrichment: state }),
  /** Difference of each equation: 0 if it holds, `null` if it cannot be checked now. */
  reconciliation: z.object({
    received: anyCount,
    accepted: anyCount,
    rows: anyCount.nullable(),
  }),
  /** The processes that share the buffer, oldest first (contract 9.15). */
  processes: z.array(process),
  /** The id in `kv_stores` of a KV that was empty although Postgres had rows; `null` where all is well. */
  suspectKv: z.string().nullable(),
});
/** See `overview`. */
export type Overview = z.infer<typeof overview>;
/** See `process`. */
export type ProcessInfo = z.infer<typeof process>;
