/** `deno task stress`: what takes too long for a test. */

import { parseArgs } from "node:util";
import { complain, say } from "../../src/cli/terminal.ts";
import { kill, type Victim, VICTIMS } from "./kill.ts";
import { overload } from "./overload.ts";
import { checkKills, checkOverload, checkSoak, type Verdict } from "./checks.ts";
import { soak } from "./soak.ts";

const USAGE = `Usage: deno task stress kill|overload|soak [options]

  kill      kills one service, either of two on one KV, and Postgres, at random moments under load
            --kills 200, --seed N, --only one|either|postgres
  overload  sends far more than the service can do
            --seconds 60, --factor 10 (times the sustainable rate),
            --buffer 20000 (MAX_BUFFERED_EVENTS, or "default"), --latency 1000 (ms of Postgres)
  soak      sends for a long time, with Postgres away now and then
            --minutes 15, --rate 3000 (events a second), --every 60, --outage 5 (seconds)

Each brings a Postgres and services of its own, prints what it sees and a verdict, and exits with 1
where something was lost, doubled, or grew. Takes Linux.`;

const [command, ...args] = Deno.args;
const { values } = parseArgs({
  args,
  options: Object.fromEntries(
    [
      "kills",
      "seed",
      "only",
      "seconds",
      "factor",
      "buffer",
      "latency",
      "minutes",
      "rate",
      "every",
      "outage",
    ]
      .map((name) => [name, { type: "string" as const }]),
  ),
});

function number(name: string, otherwise: number): number {
  const value = Number(values[name] ?? otherwise);
  if (value >= 0) return value;
  complain(`--${name} is ${JSON.stringify(values[name])}; it takes a number.`);
  Deno.exit(1);
}

function victims(): readonly Victim[] {
  const { only } = values;
  if (only === undefined) return VICTIMS;
  const chosen = VICTIMS.filter((victim) => victim === only);
  if (chosen.length > 0) return chosen;
  complain(`--only is ${JSON.stringify(only)}; it takes one of ${VICTIMS.join(", ")}.`);
  Deno.exit(1);
}

async function runStress(): Promise<Verdict | null> {
  switch (command) {
    case "kill":
      return checkKills(
        await kill({
          victims: victims(),
          kills: number("kills", 200),
          seed: number("seed", crypto.getRandomValues(new Uint32Array(1))[0] ?? 0),
          say,
        }),
      );
    case "overload":
      return checkOverload(
        await overload({
          seconds: number("seconds", 60),
          factor: number("factor", 10),
          maxBuffered: values.buffer === "default" ? null : number("buffer", 20_000),
          latencyMs: number("latency", 1_000),
          probeSeconds: 20,
          timeoutSeconds: 120,
          connections: 1_000,
          say,
        }),
      );
    case "soak":
      return checkSoak(
        await soak({
          seconds: number("minutes", 15) * 60,
          eventsPerSecond: number("rate", 3_000),
          outageEverySeconds: number("every", 60),
          outageSeconds: number("outage", 5),
          say,
        }),
      );
    default:
      return null;
  }
}

const verdict = await runStress();
if (verdict === null) {
  say(USAGE);
  Deno.exit(command === "--help" ? 0 : 1);
}
for (const [name, what] of verdict.lines) say(`${name.padEnd(14)} ${what}`);
for (const fault of verdict.faults) say(`NOT SO: ${fault}`);
say(verdict.faults.length === 0 ? "As promised." : "Not as promised.");
Deno.exit(verdict.faults.length === 0 ? 0 : 1);
