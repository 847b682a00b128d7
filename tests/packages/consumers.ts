/** `deno task consumers [part …]`: projects that have nothing but the packed packages. */

import { printError, printLine } from "../../src/cli/terminal.ts";
import { openSharedStage, type Stage } from "./support/stage.ts";

/** A module of `consumers/`. */
interface Part {
  /** Throws if the part fails. */
  run(stage: Stage): Promise<void>;
}

interface Result {
  readonly part: string;
  readonly seconds: number;
  readonly error: unknown;
}

const PARTS = new URL("consumers/", import.meta.url);
const MINUTES_OF_A_PART = 15;

const known = [...Deno.readDirSync(PARTS)].map(({ name }) => name.replace(".ts", "")).toSorted();

function say(part: string, line: string): void {
  printLine(`${part.padEnd(14)} ${line}`);
}

async function runPart(part: string, stage: Stage): Promise<Result> {
  const startedAt = performance.now();
  const late = Promise.withResolvers<never>();
  const signal = AbortSignal.timeout(MINUTES_OF_A_PART * 60_000);
  signal.onabort = () => late.reject(new Error(`took more than ${MINUTES_OF_A_PART} minutes`));
  let error: unknown = null;
  try {
    const { run }: Part = await import(new URL(`${part}.ts`, PARTS).href);
    await Promise.race([run(stage), late.promise]);
  } catch (thrown) {
    error = thrown;
    say(part, `FAILED: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (error === null) say(part, `passed in ${seconds.toFixed(1)} s`);
  return { part, seconds, error };
}

async function runParts(parts: readonly string[]): Promise<readonly Result[]> {
  say("", "building and packing the packages, starting the service");
  await using shared = await openSharedStage();
  const results: Result[] = [];
  for (const part of parts) {
    const stage = await shared.stageOf(part, (line) => say(part, line));
    results.push(await runPart(part, stage));
  }
  return results;
}

const unknown = Deno.args.filter((part) => !known.includes(part));
if (unknown.length > 0) {
  printError(`Parts are ${known.join(", ")}, got ${unknown.join(", ")}.`);
  Deno.exit(1);
}
const results = await runParts(Deno.args.length === 0 ? known : Deno.args);
const failed = results.filter(({ error }) => error !== null);
printLine("\npart             result    seconds");
for (const { part, seconds, error } of results) {
  const result = error === null ? "passed" : "FAILED";
  printLine(`${part.padEnd(16)} ${result.padEnd(8)} ${seconds.toFixed(1).padStart(8)}`);
}
printLine(`${results.length - failed.length} passed, ${failed.length} failed`);
// Browsers and other programs of a part that took too long must not keep the process alive.
Deno.exit(failed.length === 0 ? 0 : 1);
