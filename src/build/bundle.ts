/** From TypeScript to one file. */

import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

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
  /** What minified code begins with, such as `use client`. */
  readonly directive?: string;
}

/** Code and, if asked for, its source map. */
export interface Bundle {
  readonly code: string;
  readonly map: string | null;
}

/** Bundles and minifies. `deno bundle` joins; terser's output is 6 % smaller than deno's own minifier's. */
export async function bundle(options: BundleOptions): Promise<string> {
  const joined = await runBundle(options.entry, argsOf(options));
  return options.minified === false
    ? joined
    : (await minifyBundle({ code: joined, map: null }, options)).code;
}

/**
 * Bundles and minifies, with a source map. Sources are named by their path in the repository, those of
 * packages `npm/NAME@VERSION/PATH`.
 */
export async function bundleWithMap(options: BundleOptions): Promise<Bundle> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bundle-" });
  try {
    const file = join(folder, "bundle.js");
    await runBundle(options.entry, [
      ...argsOf(options),
      "--sourcemap=external",
      `--output=${file}`,
    ]);
    const map = JSON.parse(await Deno.readTextFile(`${file}.map`)) as { sources: string[] };
    const sources = map.sources.map((source) => nameSource(resolve(folder, source)));
    const code = await Deno.readTextFile(file);
    const joined = { code, map: JSON.stringify({ ...map, sources }) };
    return options.minified === false ? joined : await minifyBundle(joined, options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function nameSource(path: string): string {
  const inPackage = /^.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//;
  const name = relative(ROOT, path);
  return name.startsWith("..") ? path.replace(inPackage, "npm/$1@$2/") : name;
}

function argsOf({ platform = "browser", minified = true, format, external = [] }: BundleOptions) {
  return [
    `--platform=${platform}`,
    ...(minified ? ["--minify"] : []),
    `--format=${format}`,
    ...external.map((name) => `--external=${name}`),
  ];
}

async function minifyBundle(joined: Bundle, options: BundleOptions): Promise<Bundle> {
  const { format, mangleInternal = false, directive } = options;
  const { code = "", map } = await minify(joined.code, {
    module: format === "esm",
    ecma: 2020,
    // Functions inlined into others would cost a site's bundler, which renames them, 2 %.
    compress: { passes: 3, ecma: 2020, unsafe_arrows: true, reduce_funcs: format === "iife" },
    mangle: mangleInternal ? { properties: { regex: /^_/ } } : true,
    ...(directive === undefined ? {} : { format: { preamble: `"${directive}";` } }),
    ...(joined.map === null ? {} : { sourceMap: { content: joined.map, includeSources: true } }),
  });
  const text = format === "iife" ? deriveNames(code) : code;
  return { code: `${text}\n`, map: typeof map === "string" ? map : null };
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
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
