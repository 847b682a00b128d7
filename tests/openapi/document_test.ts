import { Validator } from "@seriousme/openapi-schema-validator";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { readFile } from "../docs/files.ts";
import type { Document, Operation, Schema } from "../../src/openapi/types.ts";
import { createCheck, describeDefault } from "./support.ts";

/** What is no REST endpoint. */
const OTHERS = ["/analytics.js", "/demo", "/admin", "/openapi.json", "/docs"];

function listOperations({ paths }: Document): Operation[] {
  return Object.values(paths).flatMap(({ get, post }) =>
    [get, post].filter((o) => o !== undefined)
  );
}

Deno.test("1.25 the document is valid OpenAPI 3.1", async () => {
  for (const settings of [{}, { requiresKey: true, hasMetricsToken: true }]) {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(
      JSON.parse(JSON.stringify(describeDefault(settings))),
    );
    assertEquals([valid, errors], [true, undefined]);
    assertEquals(validator.version, "3.1");
  }
});

Deno.test("1.25 every REST endpoint of http/app.ts is in the document, and nothing else", async () => {
  const source = await readFile("src/http/app.ts");
  const registered = [...source.matchAll(/\bapp\.(get|post|route)\("(\/[^"]+)"/g)]
    .map(([, method, path]) => `${method} ${path}`)
    .filter((route) => !OTHERS.some((path) => route.endsWith(` ${path}`)));
  const described = Object.entries(describeDefault().paths)
    .flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
  assertGreater(registered.length, 6);
  assertEquals(described.toSorted(), registered.toSorted());
});

Deno.test("1.25 operations have ids of their own, and a sentence each", () => {
  const operations = listOperations(describeDefault());
  const ids = operations.map(({ operationId }) => operationId);
  assertEquals(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id)), []);
  assertEquals(new Set(ids).size, ids.length);
  for (const { description, responses } of operations) {
    const sentences = [description, ...Object.values(responses).map((one) => one.description)];
    assertEquals(sentences.filter((text) => !/^[A-Z`].*[.]$/s.test(text)), []);
  }
});

Deno.test("1.25 every field of a schema has a description or a schema that has one", () => {
  const missing = Object.entries(describeDefault().components.schemas).flatMap(([name, schema]) =>
    Object.entries((schema["properties"] ?? {}) as Record<string, Schema>)
      .filter(([, field]) => !/"(description|\$ref)"/.test(JSON.stringify(field)))
      .map(([field]) => `${name}.${field}`)
  );
  assertEquals(missing, []);
});

Deno.test("1.25 13.6 with REQUIRE_KEY events need credentials, and metrics their token", () => {
  const isOptional = (document: Document) =>
    ["/v1/events", "/v1/events/batch", "/v1/beacon"].map((path) =>
      document.paths[path]?.post?.security.some((scheme) => Object.keys(scheme).length === 0)
    );
  assertEquals(isOptional(describeDefault()), [true, true, true]);
  assertEquals(isOptional(describeDefault({ requiresKey: true })), [false, false, false]);
  const metrics = (document: Document) => document.paths["/metrics"]?.get;
  assertEquals(metrics(describeDefault())?.security, []);
  const withToken = metrics(describeDefault({ hasMetricsToken: true }));
  assertEquals(withToken?.security, [{ metricsToken: [] }]);
  assertEquals(Object.keys(withToken?.responses ?? {}), ["200", "401"]);
});

Deno.test("1.25 the check of these tests finds what a schema does not allow", () => {
  const check = createCheck(describeDefault());
  const pointer = "/components/schemas/Tracked";
  assertEquals(check(pointer, { eventId: null, tracked: true }), []);
  assertEquals(check(pointer, { eventId: "x", tracked: 1 }).length, 2);
  assertEquals(check(pointer, { eventId: null, tracked: true, more: 1 }).length, 1);
});
