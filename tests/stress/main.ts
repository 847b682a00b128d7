/** `deno task stress`: the runs that take too long for a test. */

import { parseArgs } from "node:util";
import { printError, printLine } from "../../src/cli/terminal.ts";
import { KV_KINDS, type KvKind } from "./environment.ts";
import { DEFAULT_VICTIMS, kill, type Victim, VICTIMS } from "./kill.ts";
import { overload } from "./overload.ts";
import { checkKills, checkOverload, type CheckResult, checkRolling, checkSoak } from "./checks.ts";
import { ENDINGS, roll } from "./rolling.ts";
import { soak } from "./soak.ts";

const USAGE = `Usage: deno task stress kill|overload|soak|rolling [options]

  kill      under load, kills a service, either of two services on one KV, and Postgres at random
            moments; with --kv denokv or postgres, a service, one of two and of four services, and that server
            --kills 200, --seed N, --kv file|denokv|postgres, --only one|either|four|postgres|kv
  overload  sends far more events than the service can handle
            --seconds 60, --factor 10 (times the sustainable rate),
            --buffer 20000 (MAX_BUFFERED_EVENTS, or "default"), --latency 1000 (ms per Postgres reply),
            --kv file|denokv|postgres
  soak      sends events at a steady rate, with regular outages of Postgres
            --minutes 15, --rate 3000 (events per second), --every 60, --outage 5 (seconds),
            --kv file|denokv|postgres
  rolling   restarts the processes behind a load balancer one after the other under load
            --processes 4, --restarts 8, --rate 300, --kv file|denokv|postgres, --ending SIGTERM|SIGKILL,
            --grace 3 (SHUTDOWN_GRACE_SECONDS)

Each starts its own Postgres and services, prints its measurements and a result, and exits with 1 if
events were lost or duplicated, requests refused by a rolling restart, or memory, handles or
connections grew. Needs Linux.`;

const [command, ...args] = Deno.args;
const { values } = parseArgs({
  args,
  options: Object.fromEntries(
    [
      "kills",
      "seed",
      "only",
      "kv",
      "seconds",
      "factor",
      "buffer",
      "latency",
      "minutes",
      "rate",
      "every",
      "outage",
      "processes",
      "restarts",
      "ending",
      "grace",
    ]
      .map((name) => [name, { type: "string" as const }]),
  ),
});

function parseNumber(name: string, fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (value >= 0) return value;
  printError(`--${name} must be a number of at least 0, got ${JSON.stringify(values[name])}.`);
  Deno.exit(1);
}

function parseOneOf<T extends string>(name: string, accepted: readonly T[]): T | undefined {
  const value = values[name];
  const chosen = accepted.find((one) => one === value);
  if (value === undefined || chosen !== undefined) return chosen;
  printError(`--${name} must be one of ${accepted.join(", ")}, got ${JSON.stringify(value)}.`);
  Deno.exit(1);
}

function parseVictims(kv: KvKind): readonly Victim[] {
  const only = parseOneOf("only", VICTIMS);
  return only === undefined ? DEFAULT_VICTIMS[kv] : [only];
}

async function runStress(): Promise<CheckResult | null> {
  switch (command) {
    case "kill": {
      const kv = parseOneOf("kv", KV_KINDS) ?? "file";
      return checkKills(
        await kill({
          victims: parseVictims(kv),
          kv,
          kills: parseNumber("kills", 200),
          seed: parseNumber("seed", crypto.getRandomValues(new Uint32Array(1))[0] ?? 0),
          say: printLine,
        }),
      );
    }
    case "overload":
      return checkOverload(
        await overload({
          kv: parseOneOf("kv", KV_KINDS) ?? "file",
          seconds: parseNumber("seconds", 60),
          factor: parseNumber("factor", 10),
          maxBuffered: values.buffer === "default" ? null : parseNumber("buffer", 20_000),
          latencyMs: parseNumber("latency", 1_000),
          probeSeconds: 20,
          timeoutSeconds: 120,
          connections: 1_000,
          say: printLine,
        }),
      );
    case "soak":
      return checkSoak(
        await soak({
          kv: parseOneOf("kv", KV_KINDS) ?? "file",
          seconds: parseNumber("minutes", 15) * 60,
          eventsPerSecond: parseNumber("rate", 3_000),
          outageEverySeconds: parseNumber("every", 60),
          outageSeconds: parseNumber("outage", 5),
          say: printLine,
        }),
      );
    case "rolling":
      return checkRolling(
        await roll({
          processes: parseNumber("processes", 4),
          restarts: parseNumber("restarts", 8),
          eventsPerSecond: parseNumber("rate", 300),
          kv: parseOneOf("kv", KV_KINDS) ?? "file",
          ending: parseOneOf("ending", ENDINGS) ?? "SIGTERM",
          graceSeconds: parseNumber("grace", 3),
          say: printLine,
        }),
      );
    default:
      return null;
  }
}

const result = await runStress();
if (result === null) {
  printLine(USAGE);
  Deno.exit(command === "--help" ? 0 : 1);
}
for (const [name, text] of result.lines) printLine(`${name.padEnd(14)} ${text}`);
for (const failure of result.failures) printLine(`FAILED: ${failure}`);
printLine(result.failures.length === 0 ? "PASSED" : `${result.failures.length} checks FAILED`);
Deno.exit(result.failures.length === 0 ? 0 : 1);
