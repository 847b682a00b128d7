/** From TypeScript to one small file for browsers. */

import { fileURLToPath } from "node:url";
import { minify } from "terser";

/** What to bundle. */
export interface BundleOptions {
  readonly entry: URL;
  /** `iife` for a script tag, `esm` for an import. */
  readonly format: "iife" | "esm";
  /** Modules that whoever uses the bundle brings along. */
  readonly external?: readonly string[];
  /** Names of properties that may be shortened. */
  readonly names?: RegExp;
  /** Off for development, where React checks what it is given. @default true */
  readonly small?: boolean;
}

/**
 * Names that only the SDK's own modules exchange, and that may therefore be short. None of them is one
 * of the browser's, of the public types', or kept on disk.
 */
export const SDK_NAMES =
  /^(beaconed|fate|isHeld|onSending|answers|waitMs|tokens|wire|touch|anonymous|wake|drain|settle|learn|page|resume|cancel|clock|queue|mine|life)$/;

/** Bundles and minifies. `deno bundle` joins, terser makes 6 % less of it than deno's own minifier. */
export async function bundle(options: BundleOptions): Promise<string> {
  const { entry, format, external = [], names, small = true } = options;
  const joined = await join(entry, [
    ...(small ? ["--minify"] : []),
    `--format=${format}`,
    ...external.map((name) => `--external=${name}`),
  ]);
  if (!small) return joined;
  const { code } = await minify(joined, {
    module: format === "esm",
    ecma: 2020,
    compress: { passes: 3, ecma: 2020, unsafe_arrows: true },
    mangle: names === undefined ? true : { properties: { regex: names } },
  });
  return `${code ?? ""}\n`;
}

/** Joins and minifies a style sheet and what it imports. */
export async function bundleStyles(entry: URL): Promise<string> {
  return await join(entry, ["--minify"]);
}

async function join(entry: URL, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", ...args, fileURLToPath(entry)],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
