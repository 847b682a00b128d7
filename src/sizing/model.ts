/** What a rate of events needs, computed from the measured costs. Pure. */

import {
  BYTES,
  CLAIM_SECONDS,
  CPU,
  DENOKV_CEILING,
  HEADROOM,
  type Keys,
  type KvKind,
  POSTGRES_KV_SHARE,
} from "./costs.ts";

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;
const MICROSECONDS = 1_000_000;

/** What is sent, and where the buffer is. */
export interface Load {
  /** Events a second. */
  readonly rate: number;
  readonly keys: Keys;
  /** Bytes of an event's JSON, without its key. */
  readonly bytes: number;
  readonly eventsPerRequest: number;
  readonly kv: KvKind;
  /** Days that events are kept in Postgres. */
  readonly keepDays: number;
}

/** A part, and the events a second that it can do in one store. */
export interface Ceiling {
  readonly part: "process" | "kv" | "flush";
  readonly rate: number;
}

/** CPU time of an event in microseconds. */
export interface CpuCost {
  readonly service: number;
  /** The part of `service` that is the main thread of a process. */
  readonly main: number;
  readonly postgres: number;
}

/** What a load needs. Everything but `ceilings` is for the whole load. */
export interface Sizing {
  readonly load: Load;
  /** Stores, each a KV with a Postgres of its own, over which the events are spread. */
  readonly stores: number;
  readonly processes: number;
  readonly serviceCores: number;
  readonly postgresCores: number;
  /** Of one store, the lowest first: what breaks first. */
  readonly ceilings: readonly [Ceiling, ...Ceiling[]];
  readonly rowsPerDay: number;
  /** Events that wait after an hour without Postgres, and the bytes in KV, claims included. */
  readonly outageEvents: number;
  readonly outageBytes: number;
  readonly keptBytes: number;
  readonly walBytesPerSecond: number;
  /** From clients, to Postgres, and to and from a KV over a network, a second. */
  readonly network: { readonly clients: number; readonly postgres: number; readonly kv: number };
}

/** CPU time of an event of a load. */
export function cpuOf(
  { keys, eventsPerRequest }: Pick<Load, "keys" | "eventsPerRequest">,
): CpuCost {
  const key = keys === "none" ? 0 : CPU.key;
  return {
    service: CPU.serviceEvent + CPU.serviceRequest / eventsPerRequest + key,
    main: CPU.mainEvent + CPU.mainRequest / eventsPerRequest + key,
    postgres: CPU.postgresEvent + CPU.postgresKey[keys],
  };
}

/** Bytes of an event in KV: its line in a segment. */
export function lineBytes({ keys, bytes }: Pick<Load, "keys" | "bytes">): number {
  return jsonBytes(keys, bytes) + BYTES.line;
}

/** Bytes of an event in Postgres: rows and indexes. */
export function storedBytes({ keys, bytes }: Pick<Load, "keys" | "bytes">): number {
  return bytes * BYTES.rowFactor + BYTES.row + BYTES.rowIndexes + BYTES.enrichment +
    BYTES.sessions + (keys === "none" ? 0 : BYTES.key);
}

/** What a load needs. */
export function size(load: Load): Sizing {
  const { rate, keys, bytes, eventsPerRequest, kv } = load;
  const cpu = cpuOf(load);
  const ceilings = ceilingsOf(load, cpu);
  const stores = Math.max(1, Math.ceil(rate / (ceilings[0].rate * HEADROOM)));
  const serviceCores = rate * cpu.service / MICROSECONDS;
  // More processes on one file add safety, not speed.
  const processesPerStore = kv === "file"
    ? 1
    : Math.max(1, Math.ceil(rate / stores / (processCeiling(load) * HEADROOM)));
  const line = lineBytes(load);
  return {
    load,
    stores,
    processes: stores * processesPerStore,
    serviceCores,
    postgresCores: rate * cpu.postgres / MICROSECONDS,
    ceilings,
    rowsPerDay: rate * DAY_SECONDS,
    outageEvents: rate * HOUR_SECONDS,
    outageBytes: rate * (HOUR_SECONDS * line * BYTES.kvOverhead + claimBytes(load)),
    keptBytes: rate * DAY_SECONDS * load.keepDays * storedBytes(load),
    walBytesPerSecond: rate * (BYTES.wal + bytes + BYTES.walKey[keys]),
    network: {
      clients: rate * (jsonBytes(keys, bytes) + BYTES.request / eventsPerRequest),
      postgres: rate * (line + BYTES.toPostgres),
      // Written into the buffer, read by the flush, written into the outbox, read by enrichment.
      kv: kv === "file" ? 0 : rate * line * 4,
    },
  };
}

/** Events a second at which the main thread of a process has no time left. */
function processCeiling({ keys, eventsPerRequest }: Load): number {
  const key = keys === "none" ? 0 : CPU.key;
  return MICROSECONDS / (CPU.mainEvent + CPU.mainRequestBusy / eventsPerRequest + key);
}

/** Bytes of the claims that a KV keeps, for each event a second. */
function claimBytes({ kv, keys }: Load): number {
  if (kv !== "postgres") return 0;
  return CLAIM_SECONDS[keys === "none" ? "fingerprint" : "key"] * BYTES.postgresClaim;
}

function ceilingsOf(load: Load, cpu: CpuCost): [Ceiling, ...Ceiling[]] {
  const process = processCeiling(load);
  const flush: Ceiling = { part: "flush", rate: MICROSECONDS / (cpu.postgres * CPU.flushShare) };
  if (load.kv === "file") return sorted({ part: "process", rate: process }, flush);
  if (load.kv === "connect") {
    const single = load.eventsPerRequest === 1;
    return sorted({ part: "kv", rate: DENOKV_CEILING[single ? "single" : "batch"] }, flush);
  }
  return sorted({ part: "kv", rate: process * POSTGRES_KV_SHARE }, flush);
}

function sorted(one: Ceiling, other: Ceiling): [Ceiling, ...Ceiling[]] {
  return one.rate <= other.rate ? [one, other] : [other, one];
}

function jsonBytes(keys: Keys, bytes: number): number {
  return bytes + (keys === "none" ? 0 : BYTES.jsonKey);
}
