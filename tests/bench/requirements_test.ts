import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { MissingError, requirePrograms } from "./requirements.ts";

Deno.test("all missing programs are named, with how to get them", () => {
  const programs = ["no-such-program", "neither-this"]
    .map((name) => ({ name, install: `apt-get install ${name}` }));
  const { message } = assertThrows(() => requirePrograms(programs), MissingError);
  for (const { name, install } of programs) {
    assertStringIncludes(message, `${name} is missing: ${install}`);
  }
});

Deno.test("a program is found by its own path first, then in the PATH", () => {
  const sh = { name: "sh", install: "none" };
  const [own, inPath] = requirePrograms([{ ...sh, paths: ["/none", Deno.execPath()] }, sh]);
  assertEquals(own, Deno.execPath());
  assertMatch(inPath, /\/sh$/);
});
