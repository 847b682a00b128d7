/** The arguments of `deno task bench`. */

import { FULL, GROWTH_SECONDS, QUICK, type Scale } from "./scale.ts";

/** What the command is told. */
export interface Options {
  /** Names of parts, in the order of the suite. */
  readonly parts: readonly string[];
  readonly scale: Scale;
  /** Where the figures go as JSON. */
  readonly json: string;
  /** A folder for V8 profiles of the service; `null`: it is not profiled. */
  readonly profile: string | null;
  readonly help: boolean;
}

/** A wrong argument, with a sentence that names it and what is taken. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** Where the figures go, where nothing else is said. */
export const DEFAULT_JSON = ".data/bench.json";

const VALUES = ["json", "repeats", "seconds", "profile"] as const;
const FLAGS = ["quick", "long", "help"] as const;

/**
 * Reads the arguments.
 *
 * @param known the names of all parts
 * @throws {OptionsError} naming the first wrong one
 */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const named = new Set<string>();
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i] ?? "";
    const [, name = "", given] = /^--([a-z]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (isOneOf(FLAGS, name) && given === undefined) flags.add(name);
    else if (isOneOf(VALUES, name)) {
      const value = given ?? args[++i];
      if (!value) throw new OptionsError(`--${name} has no value.`);
      values.set(name, value);
    } else if (known.includes(arg.toLowerCase())) named.add(arg.toLowerCase());
    else {
      const all = [...known, ...[...FLAGS, ...VALUES].map((name) => `--${name}`)].join(", ");
      throw new OptionsError(`${JSON.stringify(arg)} is no argument; bench takes ${all}.`);
    }
  }
  const base = flags.has("quick") ? QUICK : FULL;
  return {
    parts: named.size === 0 ? known : known.filter((name) => named.has(name)),
    scale: {
      ...base,
      repeats: numberOf("repeats", values.get("repeats"), base.repeats, /^[1-9]\d?$/, "1 to 99"),
      seconds: numberOf(
        "seconds",
        values.get("seconds"),
        base.seconds,
        /^(?=.*[1-9])\d{1,3}(\.\d+)?$/,
        "above 0 and below 1000",
      ),
      growthSeconds: flags.has("long") ? GROWTH_SECONDS : base.growthSeconds,
    },
    json: values.get("json") ?? DEFAULT_JSON,
    profile: values.get("profile") ?? null,
    help: flags.has("help"),
  };
}

function numberOf(
  name: string,
  text: string | undefined,
  otherwise: number,
  takes: RegExp,
  inWords: string,
): number {
  if (text === undefined) return otherwise;
  if (takes.test(text)) return Number(text);
  throw new OptionsError(`--${name} is ${JSON.stringify(text)}; it takes a number, ${inWords}.`);
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
