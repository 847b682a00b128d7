/**
 * `deno task bench [parts]`: measures what the README claims, each figure with its limit beside it,
 * measured in the same run by turns. Starts everything it needs by itself, and counts at the end that
 * no event of the load is missing.
 */

import { dirname } from "node:path";
import { cpus } from "node:os";
import { complain, progress as bar, say } from "../../src/cli/terminal.ts";
import { drawProfiles } from "./flame.ts";
import { DEFAULT_JSON, type Options, OptionsError, parseOptions } from "./options.ts";
import { PARTS } from "./parts/mod.ts";
import { profileServices } from "./servers.ts";
import { openSuite } from "./suite.ts";
import { COLOURED, PLAIN, renderTable } from "./table.ts";
import type { Figure } from "./types.ts";

const USAGE = `Usage: deno task bench [${
  PARTS.map(({ name }) => name).join("] [")
}] [--quick] [--long]
                       [--repeats N] [--seconds N] [--json FILE] [--profile FOLDER]

Measures what the README claims, all parts in under ten minutes, or those that are named:

${PARTS.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join("\n")}

  --quick       smaller and shorter: a look, not a figure
  --long        memory watches for ten more minutes whether memory grows
  --repeats N   of each measurement, limit and service by turns
  --seconds N   of load in each repeat
  --json FILE   where the figures go as JSON (${DEFAULT_JSON})
  --profile FOLDER
                profiles the service and leaves a flame graph (.svg) of each there, and the .cpuprofile
                for Chromium's developer tools; figures are lower meanwhile (Deno 2.6 or newer)

Exits with 1 where events went missing or a request failed; a figure that misses what it is to reach
is said so, and is no failure.`;

/** Processes that wanted a core before the suite began: much above 0, and its figures are others' too. */
const LOAD_BEFORE = Deno.loadavg()[0] ?? 0;

if (import.meta.main) {
  const options = optionsOrExit();
  if (options.help) {
    say(USAGE);
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
    else complain(line);
  }

  for (const part of chosen) {
    figures.push(...await part.run(suite));
    done += 1;
    await write(json, { ...surroundings(suite.postgresName()), scale, figures });
  }
  bar(null);
  say(renderTable(figures, Deno.stdout.isTerminal() && !Deno.noColor ? COLOURED : PLAIN));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(`\n${seconds} s. No event went missing. The figures are in ${json}.`);
  if (profile !== null) {
    for (const picture of await drawProfiles(profile)) say(`Where the time went: ${picture}`);
  }
  if (LOAD_BEFORE > navigator.hardwareConcurrency / 2) {
    say(
      `Others were at work: a load of ${LOAD_BEFORE.toFixed(1)} before the suite began. Repeat it.`,
    );
  }
}

/** What the figures were measured on. */
function surroundings(postgres: string | null) {
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
    complain(error.message);
    Deno.exit(1);
  }
}
