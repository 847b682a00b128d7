import { findFreePorts } from "../../src/cli/port.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("of several free ports, none is found twice", () => {
  assertEquals(new Set(findFreePorts("127.0.0.1", 500)).size, 500);
});
