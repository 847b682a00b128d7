/** The arguments of `deno task servers`. */

import { type PostgresVersion, VERSIONS } from "./programs.ts";

/** The parsed arguments. */
export interface Options {
  readonly versions: readonly PostgresVersion[];
  /** Files and folders of tests; none: all that are meant to run. */
  readonly files: readonly string[];
  /** Where programs that npm installs stay; `null`: in a temporary folder, which is removed. */
  readonly programs: string | null;
  readonly installOnly: boolean;
  readonly help: boolean;
}

/** A wrong argument; the message names it and says what is accepted. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/**
 * Parses the arguments.
 *
 * @throws {OptionsError} on the first wrong one
 */
export function parseOptions(args: readonly string[]): Options {
  const versions = new Set<PostgresVersion>();
  const files: string[] = [];
  let programs: string | null = null;
  let installOnly = false;
  let help = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (isVersion(arg)) versions.add(arg);
    else if (arg.startsWith("tests/")) files.push(arg);
    else if (arg === "--install") installOnly = true;
    else if (arg === "--help" || arg === "-h") help = true;
    else if (arg === "--programs") {
      programs = args[++i] ?? "";
      if (programs === "") throw new OptionsError("--programs needs a folder.");
    } else {
      throw new OptionsError(
        `Unknown argument ${JSON.stringify(arg)}; the arguments are ${
          VERSIONS.join(", ")
        }, files and folders in tests/, --programs FOLDER, --install, --help.`,
      );
    }
  }
  if (installOnly && programs === null) {
    throw new OptionsError("--install needs --programs, the folder to install into.");
  }
  return {
    versions: versions.size === 0 ? VERSIONS : VERSIONS.filter((version) => versions.has(version)),
    files,
    programs,
    installOnly,
    help,
  };
}

function isVersion(text: string): text is PostgresVersion {
  return (VERSIONS as readonly string[]).includes(text);
}
