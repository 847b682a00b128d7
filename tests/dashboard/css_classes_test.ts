import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../src/", import.meta.url);
/** The sign-in page is rendered by the service, and uPlot brings its own markup. */
const OTHER_MARKUP = [new URL("http/routes/admin.ts", ROOT)];
const UPLOT = /^u-/;

async function readAll(folder: URL, extension: RegExp): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) text += await readAll(new URL(`${name}/`, folder), extension);
    else if (extension.test(name)) text += await Deno.readTextFile(new URL(name, folder));
  }
  return text;
}

const dashboard = new URL("dashboard/", ROOT);
const css = (await readAll(dashboard, /\.css$/)).replaceAll(/\/\*.*?\*\/|\{[^{}]*\}/gs, " ");
const styled = new Set([...css.matchAll(/\.([a-z][\w-]*)/gi)].map(([, name]) => name ?? ""));
const markup = await readAll(dashboard, /\.tsx?$/) +
  (await Promise.all(OTHER_MARKUP.map((file) => Deno.readTextFile(file)))).join("");

/** Class names in `class="…"` and in the literals of `class={…}`, without `${…}` and comparisons. */
function usedClasses(): Set<string> {
  const code = markup.replaceAll(/[!=]== "[^"]*"/g, "");
  const attributes = /\bclass=(?:"([^"]*)"|\{((?:[^{}]|\$\{[^{}]*\})*)\})/g;
  const values = [...code.matchAll(attributes)].flatMap(([, text, expression = ""]) =>
    text ?? [...expression.matchAll(/"([^"]*)"|`([^`]*)`/g)].map(([, a, b]) => a ?? b ?? "")
  );
  const names = values.flatMap((value) => value.replaceAll(/\S*\$\{.*?\}\S*/g, " ").split(/\s+/));
  return new Set(names.filter((name) => name !== ""));
}

Deno.test("every class in the dashboard's markup has a style", () => {
  const used = usedClasses();
  assert(used.size > 50, `${used.size} classes found`);
  assertEquals([...used].filter((name) => !styled.has(name)), []);
});

Deno.test("every class in the style sheets occurs in the dashboard's code", () => {
  assert(styled.size > 50, `${styled.size} classes found`);
  const words = new Set(markup.match(/[\w-]+/g));
  const isUsed = (name: string) =>
    words.has(name) || UPLOT.test(name) || (/^s[1-8]$/.test(name) && markup.includes("s${"));
  assertEquals([...styled].filter((name) => !isUsed(name)), []);
});
