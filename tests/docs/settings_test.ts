/** src/SETTINGS.md lists every setting of src/settings.ts, as it is, and no other. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { ConfigError, loadConfig } from "../../src/config.ts";
import { readFile } from "./files.ts";

interface Documented {
  readonly name: string;
  readonly default: string;
  readonly accepts: string;
}

async function readDocumented(): Promise<Documented[]> {
  const text = await readFile("src/SETTINGS.md");
  return text.matchAll(/^\| `([A-Z0-9_]+)` .*$/gm).map(([row, name = ""]) => {
    const [, , byDefault = "", accepts = ""] = row.split("|").map((cell) => cell.trim());
    return { name, default: byDefault, accepts };
  }).toArray();
}

/** The settings, each with the source text of its schema. */
async function readSchemas(): Promise<Map<string, string>> {
  const source = await readFile("src/settings.ts");
  const object = /^export const settings = z\.object\(\{\n([^]*?)^\}\);/m.exec(source)?.[1] ?? "";
  const parts = object.split(/^ {2}([A-Z0-9_]+): /m).slice(1);
  return new Map(parts.flatMap((name, i) => i % 2 === 0 ? [[name, parts[i + 1] ?? ""]] : []));
}

const documented = await readDocumented();

Deno.test("src/SETTINGS.md has every setting of src/settings.ts, and the other way round", async () => {
  const names = [...(await readSchemas()).keys()];
  assert(names.length > 20, `only ${names.length} settings were found`);
  assertEquals(documented.map(({ name }) => name).toSorted(), names.toSorted());
});

Deno.test("a documented default is the one that applies", () => {
  for (const { name, default: byDefault } of documented) {
    const value = /^`(.*)`$/.exec(byDefault)?.[1];
    if (value === undefined) assertEquals(byDefault, "unset", name);
    else assertEquals(loadConfig({ [name]: value }), loadConfig({}), name);
  }
});

Deno.test("a setting that is documented as unset has no default in src/settings.ts", async () => {
  const schemas = await readSchemas();
  for (const { name, default: byDefault } of documented) {
    if (byDefault !== "unset") continue;
    const [, value = null] = /\.default\((.*)\)/.exec(schemas.get(name) ?? "") ?? [];
    assert(value === null || value === "[]" || value === "new Map()", `${name}: ${value}`);
  }
});

Deno.test("every documented value is accepted, and so are the bounds of a range, not beyond", () => {
  for (const { name, accepts } of documented) {
    for (const [, value] of accepts.matchAll(/`([^`]+)`/g)) loadConfig({ [name]: value });
    const [, min, max] = /(\d+) to (\d+)/.exec(accepts) ?? [];
    if (min === undefined || max === undefined) continue;
    loadConfig({ [name]: min });
    loadConfig({ [name]: max });
    for (const beyond of [Number(min) - 1, Number(max) + 1]) {
      assertThrows(() => loadConfig({ [name]: String(beyond) }), ConfigError, name);
    }
  }
});
