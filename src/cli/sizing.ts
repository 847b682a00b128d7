/** `deno task sizing --rate 10000`: what a rate of events needs, by the measured costs of an event. */

import { parseArgs } from "node:util";
import { KEYS, KV_KINDS } from "../sizing/costs.ts";
import { size } from "../sizing/model.ts";
import { describe, toTable } from "../sizing/report.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task sizing --rate EVENTS_PER_SECOND [options]
       deno task sizing --table [options]

Says what a rate of events needs: processes, cores, disk, network, and what breaks first. It computes
with what was measured; src/SIZING.md says on which machine, and what is extrapolated.

  --rate 10000      events a second
  --table           instead: 1,000 to 1,000,000 events/s, with each KV
  --keys random     idempotency keys: random (UUIDv4), ordered (UUIDv7) or none
  --bytes 400       bytes of an event's JSON, as sent, without its key
  --batch 1         events a request, 1 to 50
  --kv file         where the buffer is: file, connect (a denokv) or postgres
  --keep-days 30    how long events stay in Postgres`;

const MAX_RATE = 100_000_000;
const MAX_BYTES = 60_000;
const MAX_BATCH = 50;
const MAX_DAYS = 36_500;

const values = optionsOrExit();
if (values.help) {
  printLine(USAGE);
  Deno.exit(0);
}
const load = {
  keys: oneOfOrExit("--keys", values.keys, KEYS),
  bytes: wholeOrExit("--bytes", values.bytes, MAX_BYTES),
  eventsPerRequest: wholeOrExit("--batch", values.batch, MAX_BATCH),
  keepDays: wholeOrExit("--keep-days", values["keep-days"], MAX_DAYS),
};
const kv = oneOfOrExit("--kv", values.kv, KV_KINDS);
if (values.table) {
  printLine(toTable(load));
  Deno.exit(0);
}
if (values.rate === undefined) exitWith("--rate is missing: events a second.");
const rate = wholeOrExit("--rate", values.rate, MAX_RATE);
const keys = load.keys === "none" ? "no keys" : `${load.keys} keys`;
printLine(
  `${
    rate.toLocaleString("en")
  } events/s of ${load.bytes} bytes, ${load.eventsPerRequest} a request, ${keys}\n`,
);
printLine(describe(size({ ...load, rate, kv })));
printLine(
  "\nPlanned with half of each limit. To compare with your machine: deno task bench sizing",
);

function optionsOrExit() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        rate: { type: "string" },
        table: { type: "boolean", default: false },
        keys: { type: "string", default: "random" },
        bytes: { type: "string", default: "400" },
        batch: { type: "string", default: "1" },
        kv: { type: "string", default: "file" },
        "keep-days": { type: "string", default: "30" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    exitWith(error instanceof Error ? error.message : String(error));
  }
}

function wholeOrExit(name: string, text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= max) return value;
  exitWith(`${name} must be a whole number from 1 to ${max}, got ${JSON.stringify(text)}.`);
}

function oneOfOrExit<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found !== undefined) return found;
  exitWith(`${name} must be one of ${allowed.join(", ")}, got ${JSON.stringify(text)}.`);
}

function exitWith(problem: string): never {
  printError(`${problem}\n\n${USAGE}`);
  Deno.exit(1);
}
