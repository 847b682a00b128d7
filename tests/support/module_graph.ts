/** What a program imports. */

import { fileURLToPath } from "node:url";
import { LOCKS, packageOf } from "./locks.ts";

interface Graph {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}

/** Returns the npm packages that a program imports itself, without those imported for types only. */
export async function importedBy(file: URL): Promise<Set<string>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `--lock=${fileURLToPath(LOCKS.all)}`, fileURLToPath(file)],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  const { roots, redirects, modules }: Graph = JSON.parse(decoder.decode(stdout));
  const open = [...roots];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const specifier = redirects[next] ?? next;
    if (seen.has(specifier)) continue;
    seen.add(specifier);
    const module = modules.find((module) => module.specifier === specifier);
    open.push(...(module?.dependencies ?? []).flatMap(({ code }) => code?.specifier ?? []));
  }
  return new Set([...seen].filter((specifier) => specifier.startsWith("npm:")).map(packageOf));
}
