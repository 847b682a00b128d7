/** Reads the parameters that choose the schemas in which tables are looked up. */

/** What a session looks up anyway; poolers refuse to be told. */
const USUAL = /^(\s*"?\$user"?\s*,)?\s*"?public"?\s*$/;

/**
 * Returns the `search_path` of the session; `null`: the usual one.
 *
 * @param schema names as they are, in quotes only if one contains a comma or a quote
 * @param searchPath names in SQL, where only those in quotes keep their capitals
 */
export function readSearchPath(schema: string | null, searchPath: string | null): string | null {
  const path = searchPath ?? (schema === null ? "public" : quoteNames(schema));
  return USUAL.test(path) ? null : path;
}

function quoteNames(list: string): string {
  const names = list.match(/\s*"(?:[^"]|"")*"\s*(?=,|$)|[^,]+/g) ?? [];
  return names.map((name) => name.trim()).filter((name) => name !== "").map(quote).join(", ");
}

function quote(name: string): string {
  return /^"(?:[^"]|"")+"$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
