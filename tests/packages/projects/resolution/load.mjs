// Prints what each part of each package exports: for modules, for require, and without "exports".
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { compileFunction } from "node:vm";
import resolve from "resolve";

const require = createRequire(import.meta.url);

// As Jest did before 28: every file is CommonJS.
function requireOld(id, basedir) {
  const file = resolve.sync(id, { basedir });
  const module = { exports: {} };
  const load = compileFunction(readFileSync(file, "utf8"), ["module", "exports", "require"]);
  const requireFrom = (id) =>
    id.startsWith(".") ? requireOld(id, dirname(file)).exports : require(id);
  load(module, module.exports, requireFrom);
  return { file, exports: module.exports };
}

const namesOf = (exports) => Object.keys(exports).sort().join();
const found = {};
for (const name of process.argv.slice(2)) {
  const { exports } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  for (const path of Object.keys(exports)) {
    const part = name + path.slice(1);
    const imported = namesOf(await import(part));
    const old = requireOld(part, process.cwd());
    found[part] = {
      names: imported,
      required: namesOf(require(part)) === imported,
      requiredOld: namesOf(old.exports) === imported,
      file: old.file.split(`${name}/`)[1],
    };
  }
}
console.log(JSON.stringify(found));
