/** The arguments of `deno task bench`. */

import { FULL, GROWTH_SECONDS, QUICK, type Scale } from "./scale.ts";

/** The parsed arguments. */
export interface Options {
  /** Names of parts, in the order of the suite. */
  readonly parts: readonly string[];
  readonly scale: Scale;
  /** Path of the JSON file with the figures. */
  readonly json: string;
  /** Whether to print the figures as Markdown. */
  readonly markdown: boolean;
  /** A folder for V8 profiles of the service; `null`: no profiles. */
  readonly profile: string | null;
  readonly help: boolean;
}

/** A wrong argument; the message names it and lists what is accepted. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** Default of `--json`. */
export const DEFAULT_JSON = ".data/bench.json";

const VALUES = ["json", "repeats", "seconds", "profile"] as const;
const FLAGS = ["quick", "long", "markdown", "help"] as const;

/**
 * Parses the arguments.
 *
 * @param known the names of all parts
 * @throws {OptionsError} on the first wrong argument
 */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const parts = new Set<string>();
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i] ?? "";
    const [, name = "", given] = /^--([a-z]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (isOneOf(FLAGS, name) && given === undefined) flags.add(name);
    else if (isOneOf(VALUES, name)) {
      const value = given ?? args[++i];
      if (!value) throw new OptionsError(`--${name} needs a value.`);
      values.set(name, value);
    } else if (known.includes(arg.toLowerCase())) parts.add(arg.toLowerCase());
    else {
      const all = [...known, ...[...FLAGS, ...VALUES].map((name) => `--${name}`)].join(", ");
      throw new OptionsError(`Unknown argument ${JSON.stringify(arg)}; the arguments are ${all}.`);
    }
  }
  const base = flags.has("quick") ? QUICK : FULL;
  return {
    parts: parts.size === 0 ? known : known.filter((name) => parts.has(name)),
    scale: {
      ...base,
      repeats: parseNumber(
        "repeats",
        values.get("repeats"),
        base.repeats,
        /^[1-9]\d?$/,
        "from 1 to 99",
      ),
      seconds: parseNumber(
        "seconds",
        values.get("seconds"),
        base.seconds,
        /^(?=.*[1-9])\d{1,3}(\.\d+)?$/,
        "above 0 and below 1000",
      ),
      growthSeconds: flags.has("long") ? GROWTH_SECONDS : base.growthSeconds,
    },
    json: values.get("json") ?? DEFAULT_JSON,
    markdown: flags.has("markdown"),
    profile: values.get("profile") ?? null,
    help: flags.has("help"),
  };
}

function parseNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  pattern: RegExp,
  range: string,
): number {
  if (text === undefined) return fallback;
  if (pattern.test(text)) return Number(text);
  throw new OptionsError(`--${name} must be a number ${range}, got ${JSON.stringify(text)}.`);
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
