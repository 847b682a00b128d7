/** README.md stays short enough to be read in one go; everything longer has a document of its own. */

import { assert } from "../support/assert.ts";
import { readFile } from "./files.ts";

Deno.test("README.md has at most 200 lines and 2,000 words", async () => {
  const text = await readFile("README.md");
  const lines = text.trimEnd().split("\n").length;
  const words = text.split(/\s+/).filter((word) => word !== "").length;
  assert(lines <= 200, `it has ${lines} lines`);
  assert(words <= 2_000, `it has ${words} words`);
});
