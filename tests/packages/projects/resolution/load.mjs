// Prints what each part of each package exports: for modules, for require, and without "exports".
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import resolve from "resolve";

const require = createRequire(import.meta.url);
const found = {};
for (const name of process.argv.slice(2)) {
  const { exports } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  for (const path of Object.keys(exports)) {
    const part = name + path.slice(1);
    const imported = Object.keys(await import(part)).sort();
    const required = Object.keys(require(part)).sort();
    found[part] = {
      names: imported.length,
      required: required.join() === imported.join(),
      file: resolve.sync(part, { basedir: process.cwd() }).split(`${name}/`)[1],
    };
  }
}
console.log(JSON.stringify(found));
