/**
 * `deno task bench [parts]`: measures the figures of tests/bench/README.md. Each is compared with a limit
 * that is measured alternately in the same run. Starts everything it needs, and checks at the end that no
 * event of the load is missing.
 */

import { dirname } from "node:path";
import { cpus } from "node:os";
import { printError, printLine, printProgress as bar } from "../../src/cli/terminal.ts";
import { drawProfiles } from "./flame.ts";
import { DEFAULT_JSON, type Options, OptionsError, parseOptions } from "./options.ts";
import { PARTS } from "./parts/mod.ts";
import { profileServices } from "./servers.ts";
import { openSuite } from "./suite.ts";
import { COLOURED, PLAIN, renderTable } from "./table.ts";
import type { Figure } from "./types.ts";

const USAGE = `Usage: deno task bench [PART …] [--quick] [--long] [--repeats N] [--seconds N]
                       [--json FILE] [--profile FOLDER]

Measures the service against limits taken in the same run. Without PART, everything runs, in under
ten minutes. The parts:

${PARTS.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join("\n")}

  --quick       smaller and shorter: a smoke test, not for publishing
  --long        memory also checks for growth under ten more minutes of load
  --repeats N   repeats of each measurement, limit and service alternating
  --seconds N   seconds of load in each repeat
  --json FILE   where to write the figures as JSON (${DEFAULT_JSON})
  --profile FOLDER
                profile the service; writes a flame graph (.svg) and a .cpuprofile (for Chromium's
                developer tools) of each run there. Lowers the figures. Needs Deno 2.6 or newer

Exits with 1 if events went missing or a request failed. A missed target is reported, but is not an
error.`;

/** The load average before the suite began: well above 0, other programs distort the figures. */
const LOAD_BEFORE = Deno.loadavg()[0] ?? 0;

if (import.meta.main) {
  const options = optionsOrExit();
  if (options.help) {
    printLine(USAGE);
    Deno.exit(0);
  }
  await measure(options);
  Deno.exit(0);
}

async function measure({ parts, scale, json, profile }: Options): Promise<void> {
  const startedAt = performance.now();
  if (profile !== null) profileServices(profile);
  const chosen = PARTS.filter(({ name }) => parts.includes(name));
  let done = 0;
  await using suite = await openSuite(scale, (text) => report(text));
  const figures: Figure[] = [];

  function report(text: string): void {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const line = `${seconds} s  ${chosen[done]?.name ?? ""}  ${text}`;
    if (Deno.stderr.isTerminal()) bar(line, done / chosen.length);
    else printError(line);
  }

  for (const part of chosen) {
    figures.push(...await part.run(suite));
    done += 1;
    await write(json, { ...describeMachine(suite.postgresName()), scale, figures });
  }
  bar(null);
  printLine(renderTable(figures, Deno.stdout.isTerminal() && !Deno.noColor ? COLOURED : PLAIN));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  printLine(`\nTook ${seconds} s. No event went missing. The figures are in ${json}.`);
  if (profile !== null) {
    for (const graph of await drawProfiles(profile)) printLine(`Flame graph: ${graph}`);
  }
  if (LOAD_BEFORE > navigator.hardwareConcurrency / 2) {
    printLine(
      `The machine was busy: load ${LOAD_BEFORE.toFixed(1)} before the suite began. Run it again.`,
    );
  }
}

/** The machine and the versions that the figures were measured with. */
function describeMachine(postgres: string | null) {
  return {
    measuredAt: new Date().toISOString(),
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: navigator.hardwareConcurrency,
    loadBefore: LOAD_BEFORE,
    postgres,
  };
}

async function write(path: string, value: unknown): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

function optionsOrExit(): Options {
  try {
    return parseOptions(Deno.args, PARTS.map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    printError(error.message);
    Deno.exit(1);
  }
}
