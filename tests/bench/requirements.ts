/** What some parts need that is not installed everywhere. */

/** A part cannot run on this machine; the message says what is missing and how to get it. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

/** A program that a part runs. */
export interface Program {
  readonly name: string;
  /** How to get it. */
  readonly install: string;
}

/**
 * Finds programs; all that are missing are named at once.
 *
 * @returns their paths, in the same order
 * @throws {MissingError}
 */
export function requirePrograms<const Programs extends readonly Program[]>(
  programs: Programs,
): { -readonly [Index in keyof Programs]: string } {
  const found = programs.map(findProgram);
  const missing = programs.filter((_, i) => found[i] === null);
  if (missing.length > 0) {
    throw new MissingError(
      missing.map(({ name, install }) => `${name} is missing: ${install}`).join("; "),
    );
  }
  return found as { -readonly [Index in keyof Programs]: string };
}

/** Where Deno has a `node` of its own, in the `PATH` of programs that it runs where Node is missing. */
const DENO_AS_NODE = "/node_compat_bin";

/** The path of a program; `null`: it is not installed. */
export function findProgram({ name }: Pick<Program, "name">): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":")
    .filter((folder) => folder !== "" && !folder.endsWith(DENO_AS_NODE));
  return folders.map((folder) => `${folder}/${name}`).find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
