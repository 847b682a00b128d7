/** Reads `.docker/Dockerfile`. */

import { readFile } from "../docs/files.ts";

/** An instruction, such as `COPY` with its arguments as they are written. */
export interface Instruction {
  readonly name: string;
  readonly args: string;
}

/** The instructions after a `FROM`, which is the first of them. */
export type Stage = readonly Instruction[];

/** Splits a Dockerfile into its instructions; lines that go on are joined, comments are left out. */
export function parseDockerfile(text: string): Instruction[] {
  return text.replace(/^\s*#.*\n/gm, "").replace(/\\\n\s*/g, " ").split("\n")
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line.trim()))
    .flatMap((match) => match === null ? [] : [{ name: match[1] ?? "", args: match[2] ?? "" }]);
}

/** What stands before the first stage, and the stages. */
export async function readStages(): Promise<{ head: readonly Instruction[]; stages: Stage[] }> {
  const instructions = parseDockerfile(await readFile(".docker/Dockerfile"));
  const starts = instructions.flatMap(({ name }, i) => name === "FROM" ? [i] : []);
  const stages = starts.map((start, i) => instructions.slice(start, starts[i + 1]));
  return { head: instructions.slice(0, starts[0]), stages };
}

/** The arguments of all instructions of a name. */
export function argsOf(stage: readonly Instruction[], name: string): string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ args }) => args);
}

/** Values that `ENV` or `ARG` set, by name. */
export function variablesOf(
  stage: readonly Instruction[],
  name: "ENV" | "ARG",
): Map<string, string> {
  const pairs = argsOf(stage, name).flatMap((args) => [...args.matchAll(/(\w+)=(\S+)/g)]);
  return new Map(pairs.map(([, key = "", value = ""]) => [key, value]));
}
