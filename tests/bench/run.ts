/**
 * `deno task bench [parts]`: measures the figures of tests/bench/README.md. Each is compared with a limit
 * that is measured alternately in the same run. Starts everything it needs, and checks at the end that no
 * event of the load is missing.
 */

import { dirname } from "node:path";
import { cpus } from "node:os";
import { printError, printLine } from "../../src/cli/terminal.ts";
import { drawProfiles } from "./flame.ts";
import { DEFAULT_JSON, type Options, OptionsError, parseOptions } from "./options.ts";
import { renderMarkdown } from "./markdown.ts";
import { PARTS } from "./parts/mod.ts";
import { Progress } from "./progress.ts";
import { MissingError } from "./requirements.ts";
import { profileServices } from "./servers.ts";
import { openSuite } from "./suite.ts";
import { COLOURED, PLAIN, renderTable } from "./table.ts";
import type { Figure } from "./types.ts";

const USAGE = `Usage: deno task bench [PART …] [--quick] [--long] [--repeats N] [--seconds N]
                       [--markdown] [--json FILE] [--profile FOLDER]

Measures the service against limits taken in the same run. Without PART, everything runs, in under
fifteen minutes. The parts:

${PARTS.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join("\n")}

  --quick       smaller and shorter, under two minutes: a smoke test, not for publishing
  --long        memory also checks for growth under ten more minutes of load
  --repeats N   repeats of each measurement, limit and service alternating
  --seconds N   seconds of load in each repeat
  --markdown    print the table of tests/bench/README.md
  --json FILE   where to write the figures as JSON (${DEFAULT_JSON})
  --profile FOLDER
                profile the service; writes a flame graph (.svg) and a .cpuprofile (for Chromium's
                developer tools) of each run there. Lowers the figures. Needs Deno 2.6 or newer

A part that needs a program which is not installed is skipped. Exits with 1 if events went missing, a
request failed or nothing could be measured. A missed target is reported, but is not an error.`;

/** The load average before the suite began: well above 0, other programs distort the figures. */
const LOAD_BEFORE = Deno.loadavg()[0] ?? 0;

if (import.meta.main) {
  const options = optionsOrExit();
  if (options.help) {
    printLine(USAGE);
    Deno.exit(0);
  }
  Deno.exit(await measure(options) ? 0 : 1);
}

/** Returns false if nothing could be measured. */
async function measure(options: Options): Promise<boolean> {
  const { parts, scale, json, markdown, profile } = options;
  if (profile !== null) profileServices(profile);
  using progress = new Progress(parts);
  const figures: Figure[] = [];
  const skipped: Skipped[] = [];
  let running = "";
  await using suite = await openSuite(
    scale,
    (text) => progress.say(text),
    (reason) => void skipped.push({ part: running, reason }),
  );
  for (const part of PARTS.filter(({ name }) => parts.includes(name))) {
    running = part.name;
    progress.say("starting");
    try {
      figures.push(...await part.run(suite));
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
      skipped.push({ part: part.name, reason: error.message });
    }
    progress.next();
    await write(json, { ...describeMachine(suite.postgresName()), scale, figures, skipped });
  }
  progress[Symbol.dispose]();
  const paint = Deno.stdout.isTerminal() && !Deno.noColor ? COLOURED : PLAIN;
  if (figures.length > 0) {
    printLine(markdown ? renderMarkdown(figures) : renderTable(figures, paint));
  }
  for (const { part, reason } of skipped) printError(`Skipped ${part}: ${reason}.`);
  if (figures.length === 0) return false;
  printError(`\nTook ${progress.seconds} s. No event went missing. The figures are in ${json}.`);
  if (profile !== null) {
    for (const graph of await drawProfiles(profile)) printError(`Flame graph: ${graph}`);
  }
  if (LOAD_BEFORE > navigator.hardwareConcurrency / 2) {
    const load = LOAD_BEFORE.toFixed(1);
    printError(`The machine was busy: load ${load} before the suite began. Run it again.`);
  }
  return true;
}

/** A part that could not run here, or not as a whole, and why. */
interface Skipped {
  readonly part: string;
  readonly reason: string;
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
