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
  /** Where it may be besides the `PATH`: files, tried in this order. */
  readonly paths?: readonly string[];
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

/** The path of a program; `null`: it is not installed. */
export function findProgram({ name, paths = [] }: Program): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return [...paths, ...folders.map((folder) => `${folder}/${name}`)].find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
