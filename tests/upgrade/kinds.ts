/** The kinds of entries in a KV: the constant beginning of each key, and the shape of its value. */

import { COLUMNS, isWellFormed, readContextJson, readRowJson } from "../../src/events/line.ts";
import * as keys from "../../src/kv/keys.ts";
import { isU64, type Kv, type KvKey } from "../../src/kv/port.ts";

const VARIABLE = "\0";
const decoder = new TextDecoder();

/** Every kind of entry, as lines of text. */
export async function listKinds(kv: Kv): Promise<Set<string>> {
  const kinds = new Set<string>();
  for await (const { key, value } of kv.list<unknown>({ prefix: [] })) {
    const family = familyOf(key);
    for (const shape of shapesOf(value)) kinds.add(`${family}: ${shape}`);
  }
  return kinds;
}

/** The families of keys that the module of keys has, with the names of its exports. */
export function familiesOfModule(): Map<string, string> {
  const families = Object.entries(keys).map(([name, made]): [string, string] | null => {
    const make = made as (...parts: string[]) => unknown;
    const key: unknown = typeof made === "function" ? make(VARIABLE, VARIABLE) : made;
    return Array.isArray(key) ? [name, familyOf(key)] : null;
  });
  return new Map(families.filter((entry) => entry !== null));
}

/** The parts before the first that varies. */
function familyOf(key: KvKey): string {
  const end = key.findIndex((part) => typeof part !== "string" || !/^[a-z_:]+$/.test(part));
  return (end === -1 ? key : key.slice(0, end)).join("/");
}

function shapesOf(value: unknown): string[] {
  if (isU64(value)) return ["counter"];
  if (!(value instanceof Uint8Array)) return fieldsOf(value);
  const [format] = value;
  const lines = decoder.decode(value.subarray(1)).split("\n").filter(isWellFormed);
  if (lines.length > 0) return [`segment of format ${format}`, ...lines.flatMap(partsOf)];
  const text = tryParse(decoder.decode(value));
  return text === null ? [`bytes that begin with ${format}`] : fieldsOf(text);
}

/** The columns and the fields of the context that a line has. */
function partsOf(line: string): string[] {
  const columns: unknown[] = JSON.parse(readRowJson(line));
  const names = COLUMNS.filter((_, i) => (columns[i] ?? null) !== null);
  return [...names.map((name) => `column ${name}`), ...fieldsOf(tryParse(readContextJson(line)))];
}

/** The fields of an object and their types; those that are null could have any. */
function fieldsOf(value: unknown, path = "value"): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [`${path} array`];
  if (typeof value !== "object") return [`${path} ${typeof value}`];
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, `${path}.${name}`));
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
