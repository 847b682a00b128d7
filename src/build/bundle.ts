/** From TypeScript to one file. */

import { fileURLToPath } from "node:url";
import { minify } from "terser";

/** Options of `bundle`. */
export interface BundleOptions {
  readonly entry: URL;
  /** `iife` for a script tag, `esm` for an import, `cjs` for `require`. */
  readonly format: "iife" | "esm" | "cjs";
  /** `deno` for programs that have the modules of Node. @default "browser" */
  readonly platform?: "browser" | "deno";
  /** Modules that the bundle's user provides. */
  readonly external?: readonly string[];
  /**
   * Whether to shorten properties whose names begin with an underscore: by convention, those that only
   * the SDK's own modules use. Names on the wire, in storage and in public types never begin with one.
   *
   * @default false
   */
  readonly mangleInternal?: boolean;
  /** Whether to minify; off for React's development checks. @default true */
  readonly minified?: boolean;
}

/** Bundles and minifies. `deno bundle` joins; terser's output is 6 % smaller than deno's own minifier's. */
export async function bundle(options: BundleOptions): Promise<string> {
  const { entry, format, external = [], mangleInternal = false, minified = true } = options;
  const { platform = "browser" } = options;
  const joined = await runBundle(entry, [
    `--platform=${platform}`,
    ...(minified ? ["--minify"] : []),
    `--format=${format}`,
    ...external.map((name) => `--external=${name}`),
  ]);
  if (!minified) return joined;
  const { code } = await minify(joined, {
    module: format === "esm",
    ecma: 2020,
    // Functions inlined into others would cost a site's bundler, which renames them, 2 %.
    compress: { passes: 3, ecma: 2020, unsafe_arrows: true, reduce_funcs: format === "iife" },
    mangle: mangleInternal ? { properties: { regex: /^_/ } } : true,
  });
  const text = code ?? "";
  return `${format === "iife" ? deriveNames(text) : text}\n`;
}

/**
 * Derives the names of a catalogue from its values, as each is one in capitals: half a kilobyte after gzip.
 * Not in a package, where a site's bundler would no longer see that the catalogue can be left out.
 */
function deriveNames(code: string): string {
  return code.replace(/\{(?:[A-Z_]+:"[a-z_]+",?){30,}\}/g, (catalogue) => {
    const pairs = [...catalogue.matchAll(/([A-Z_]+):"([a-z_]+)"/g)];
    if (pairs.some(([, name, value]) => name !== value?.toUpperCase())) return catalogue;
    const values = pairs.map(([, , value]) => value).join(" ");
    return `Object.fromEntries("${values}".split(" ").map(e=>[e.toUpperCase(),e]))`;
  });
}

/** Bundles as sites do, with esbuild alone. */
export async function bundleSite(entry: URL): Promise<string> {
  return await runBundle(entry, ["--platform=browser", "--minify", "--format=esm"]);
}

/** Bundles and minifies a style sheet and its imports. */
export async function bundleStyles(entry: URL): Promise<string> {
  return await runBundle(entry, ["--platform=browser", "--minify"]);
}

async function runBundle(entry: URL, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", ...args, fileURLToPath(entry)],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
