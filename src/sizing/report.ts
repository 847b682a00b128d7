/** Shows sizings as text: one in lines, several as a table of src/SIZING.md. */

import { HEADROOM, KV_KINDS } from "./costs.ts";
import { type Ceiling, type Load, size, type Sizing } from "./model.ts";

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

const KV_NAMES = { file: "a file", connect: "denokv", postgres: "PostgreSQL" } as const;

/** A sizing, in lines. */
export function describe(sizing: Sizing): string {
  const { load, network } = sizing;
  const each = load.rate / sizing.stores;
  const [first, second] = sizing.ceilings;
  const rows = [
    [
      "Stores",
      `${showNumber(sizing.stores)}, each a KV and a database of its own` +
      (sizing.stores > 1 ? `: ${showNumber(each)} events/s each` : ""),
    ],
    [
      "Service",
      `${plural(sizing.processes, "process", "processes")}, ${showCores(sizing.serviceCores)}`,
    ],
    [
      "Postgres",
      `${showCores(sizing.postgresCores)}, ${showBytes(sizing.walBytesPerSecond)}/s of WAL, ${
        showNumber(sizing.rowsPerDay)
      } events a day`,
    ],
    [
      "Disk",
      `${showBytes(sizing.keptBytes)} for ${plural(load.keepDays, "day", "days")} in Postgres`,
    ],
    [
      "Outage",
      `${showBytes(sizing.outageBytes)} in KV for an hour without Postgres; MAX_BUFFERED_EVENTS=${
        Math.ceil(sizing.outageEvents / sizing.stores)
      }${sizing.stores > 1 ? " in each store" : ""}`,
    ],
    [
      "Network",
      `${showBytes(network.clients)}/s from clients, ${showBytes(network.postgres)}/s to Postgres${
        load.kv === "file" ? "" : `, ${showBytes(network.kv)}/s to and from KV`
      }`,
    ],
    [
      "Breaks first",
      `${describeCeiling(first, load)}, at ${showNumber(first.rate)} events/s in one store` +
      (second === undefined
        ? ""
        : `; then ${describeCeiling(second, load)}, at ${showNumber(second.rate)}`),
    ],
  ];
  return rows.map(([name = "", text]) => `${name.padEnd(14)}${text}`).join("\n");
}

/** Events a second of the table's rows. */
const RATES = [1_000, 10_000, 100_000, 1_000_000];

/** What a load needs at several rates with each KV, as a table in Markdown. */
export function toTable(load: Omit<Load, "rate" | "kv">): string {
  const sizings = RATES.flatMap((rate) => KV_KINDS.map((kv) => size({ ...load, rate, kv })));
  const head = [
    "Events/s",
    "KV",
    "Stores",
    "Processes",
    "Cores, service",
    "Cores, Postgres",
    "WAL/s",
    "KV, hour's outage",
    `Postgres, ${plural(load.keepDays, "day", "days")}`,
    "Breaks first",
  ];
  const rows = sizings.map((sizing) => [
    showNumber(sizing.load.rate),
    KV_NAMES[sizing.load.kv],
    showNumber(sizing.stores),
    showNumber(sizing.processes),
    showDecimal(sizing.serviceCores),
    showDecimal(sizing.postgresCores),
    showBytes(sizing.walBytesPerSecond),
    showBytes(sizing.outageBytes),
    showBytes(sizing.keptBytes),
    sizing.ceilings[0].part,
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join(
    "\n",
  );
}

function describeCeiling({ part }: Ceiling, { kv }: Load): string {
  if (part === "process") return "the main thread of the one process that writes the file";
  if (part === "flush") return "the one connection by which a store's events go to Postgres";
  return kv === "connect" ? "denokv" : "commits of the buffer in PostgreSQL, which take turns";
}

function showCores(cores: number): string {
  const planned = Math.max(1, Math.ceil(cores / HEADROOM));
  return `${showDecimal(cores)} cores busy, so ${showNumber(planned)} to have`;
}

function plural(count: number, one: string, many: string): string {
  return `${showNumber(count)} ${count === 1 ? one : many}`;
}

function showNumber(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function showDecimal(value: number): string {
  return value < 10
    ? value.toLocaleString("en", { maximumSignificantDigits: 2 })
    : Math.round(value).toLocaleString("en");
}

function showBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${showDecimal(value)} ${UNITS[unit]}`;
}
