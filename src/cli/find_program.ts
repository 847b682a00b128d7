/** Finds programs that may be missing. */

/** The path of a program: what a variable says, else in the `PATH` or in other folders; `null`: nowhere. */
export function findProgram(
  name: string,
  variable: string,
  others: readonly string[] = [],
): string | null {
  const given = Deno.env.get(variable);
  if (given) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return [...folders, ...others].map((folder) => `${folder}/${name}`).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
