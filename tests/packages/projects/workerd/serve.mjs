import { build } from "esbuild";
import { Miniflare } from "miniflare";

const { SLUICE_URL, SLUICE_KEY } = process.env;
const { warnings } = await build({
  entryPoints: ["worker.ts"],
  bundle: true,
  format: "esm",
  conditions: ["workerd", "worker", "browser"],
  outfile: "out/worker.js",
  sourcemap: true,
  metafile: true,
});
if (warnings.length > 0) console.error(warnings);
const miniflare = new Miniflare({
  modules: true,
  scriptPath: "out/worker.js",
  compatibilityDate: "2026-07-01",
  bindings: { SLUICE_URL, SLUICE_KEY },
});
const url = await miniflare.ready;
const answers = [];
for (const path of ["", "pay?job=1", "pay?job=1", "pay?job=2"]) {
  const response = await fetch(new URL(path, url));
  answers.push(`${response.status} ${await response.text()}`);
}
console.log(JSON.stringify(answers));
await miniflare.dispose();
