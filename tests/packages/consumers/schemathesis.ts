/** Schemathesis, which makes up requests from `/openapi.json` and judges the responses. Needs `python3` with venv. */

import { join } from "node:path";
import { assertEquals } from "../../support/assert.ts";
import { createKey } from "../../support/api_keys.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { drainProcess, MAIN, startProcess } from "../../support/service_process.ts";
import { runProgram } from "../support/programs.ts";
import { openVenv, type Venv } from "../support/python.ts";
import type { Stage } from "../support/stage.ts";

const PACKAGE = "schemathesis==4.32.5";
const EXAMPLES = 60;
const SEEDS = 3;

interface Case {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly hasKey: boolean;
}

const CASES: readonly Case[] = [
  { name: "anonymous", settings: {}, hasKey: false },
  { name: "with a key", settings: {}, hasKey: true },
  { name: "where a key is required", settings: { REQUIRE_KEY: "true" }, hasKey: true },
];

/** All phases with the default checks find nothing, and nothing is logged as an error. */
export async function run(stage: Stage): Promise<void> {
  const venv = await openVenv(stage);
  await venv.install(PACKAGE);
  const seed = Math.floor(Math.random() * 1e9);
  for (const each of CASES) await runCase(each, seed, stage, venv);
}

async function runCase(
  { name, settings, hasKey }: Case,
  firstSeed: number,
  { folder, say }: Stage,
  { env }: Venv,
): Promise<void> {
  await using postgres = await openTestPostgres();
  await using service = await startProcess(MAIN, {
    DATABASE_URL: postgres.url,
    DATA_DIR: join(folder, name),
    ...settings,
  });
  // Not for `ingest:as`: with that, an event's `context` is no longer anything (13.7).
  const { key } = await createKey(postgres.database, { scopes: ["ingest"] });
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
    const { out } = await runProgram([
      "schemathesis",
      "run",
      `${service.url}/openapi.json`,
      ...["--phases", "examples,coverage,fuzzing,stateful"],
      ...["--seed", String(seed), "--max-examples", String(EXAMPLES)],
      ...["--generation-database", "none"],
      ...(hasKey ? ["--header", `X-Api-Key: ${key}`] : []),
    ], { cwd: folder, env });
    say(`${name}, seed ${seed}: ${summarize(out)}`);
  }
  await drainProcess(service);
  const errors = service.log().split("\n").filter((line) => /"level":"(ERROR|FATAL)"/.test(line));
  assertEquals(errors, [], "what the service logged");
}

/** Says how much was tested; throws if an operation was left out. */
function summarize(out: string): string {
  const [, selected, all] = /Selected: (\d+)\/(\d+)/.exec(out) ?? [];
  const [, tested] = /Tested: (\d+)/.exec(out) ?? [];
  const [cases] = /\d+ generated, \d+ passed/.exec(out) ?? [];
  if (all === undefined || selected !== all || tested !== all || cases === undefined) {
    throw new Error(`Not all operations were tested:\n${out}`);
  }
  return `${tested} operations, ${cases}`;
}
