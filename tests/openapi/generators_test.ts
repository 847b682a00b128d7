/** Schemas that generators of clients make a type of without splitting it up, and that validators agree with. */

import { assertEquals } from "../support/assert.ts";
import { EVENTS } from "../../src/openapi/examples.ts";
import { REQUIRED_PROPS } from "../../src/events/catalogue.ts";
import { describeDefault } from "./support.ts";

const { schemas } = describeDefault().components;

/** Every object within a value, by its path. */
function* objectsIn(value: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
  for (const [name, child] of Object.entries(value)) yield* objectsIn(child, `${path}.${name}`);
}

Deno.test("a field has one type, or that and null", () => {
  for (const [path, { type }] of objectsIn(schemas, "schemas")) {
    if (!Array.isArray(type)) continue;
    assertEquals([type.length, type[1]], [2, "null"], `${path}: ${type}`);
  }
});

Deno.test("null is not among the values of an enumeration", () => {
  for (const [path, { type, enum: values }] of objectsIn(schemas, "schemas")) {
    if (Array.isArray(values)) assertEquals(type, "string", `${path}: ${type}`);
  }
});

Deno.test("an alternative is a named schema, or else null or anything", () => {
  for (const [path, { anyOf, "x-go-type": goType }] of objectsIn(schemas, "schemas")) {
    if (!Array.isArray(anyOf)) continue;
    const [{ $ref }, other, ...more] = anyOf;
    assertEquals(typeof $ref, "string", path);
    assertEquals(more, [], path);
    if (other.type === "null") continue;
    assertEquals(other, {}, path);
    assertEquals($ref, `#/components/schemas/${goType}`, path);
  }
});

Deno.test("examples of requests have no type that requires props", () => {
  const types = Object.values(EVENTS).map(({ value }) =>
    (value as { eventType: string }).eventType
  );
  assertEquals(types.filter((type) => type in REQUIRED_PROPS), []);
});
