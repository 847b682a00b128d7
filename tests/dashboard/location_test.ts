import { parseLocation, toHref } from "../../src/dashboard/location.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("a location survives the round trip through its link", () => {
  const location = { view: "tail", params: { type: "a b&c", user: "ü" } } as const;
  assertEquals(parseLocation(toHref(location)), location);
  assertEquals(toHref(location, { type: null, user: "" }), "#/tail");
});

Deno.test("a hash that names no view is the first view", () => {
  for (const hash of ["", "#", "#/nonsense", "#/constructor"]) {
    assertEquals(parseLocation(hash), { view: "now", params: {} });
  }
});
