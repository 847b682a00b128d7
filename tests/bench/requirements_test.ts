import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { findProgram, MissingError, requirePrograms } from "./requirements.ts";

Deno.test("all missing programs are named, with how to get them", () => {
  const programs = ["no-such-program", "neither-this"]
    .map((name) => ({ name, install: `apt-get install ${name}` }));
  const { message } = assertThrows(() => requirePrograms(programs), MissingError);
  for (const { name, install } of programs) {
    assertStringIncludes(message, `${name} is missing: ${install}`);
  }
});

Deno.test("programs are found in the PATH, but for what Deno adds in the place of Node", () => {
  const [sh] = requirePrograms([{ name: "sh", install: "none" }]);
  assertMatch(sh, /\/sh$/);
  assertEquals(findProgram({ name: "node" })?.includes("node_compat_bin") ?? false, false);
});
