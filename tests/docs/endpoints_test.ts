/** Every endpoint is in the README, in the contract and in the list that a 404 shows. */

import { assertEquals, assertGreater } from "../support/assert.ts";
import { readFile } from "./files.ts";

/** Only in development. */
const UNLISTED = ["/demo"];

/** The paths that http/app.ts registers, those of sub-applications by their prefix. */
async function readRegistered(source: string): Promise<string[]> {
  const { TRPC_PATH } = await import("../../src/http/routes/trpc.ts");
  const paths = [...source.matchAll(/\bapp\.(?:get|post|route)\("(\/[^"]+)"/g)]
    .map(([, path = ""]) => path);
  return [TRPC_PATH, ...paths].filter((path) => !UNLISTED.includes(path));
}

Deno.test("1.11 every endpoint is listed in the README, in the contract and by a 404", async () => {
  const source = await readFile("src/http/app.ts");
  const paths = await readRegistered(source);
  assertGreater(paths.length, 8);
  const lists = {
    "README.md": await readFile("README.md"),
    "section 1 of src/CONTRACT.md":
      /^## 1\..*?(?=^## 2\.)/ms.exec(await readFile("src/CONTRACT.md"))?.[0] ?? "",
    "ROUTES of src/http/app.ts": /^const ROUTES =.*?;$/ms.exec(source)?.[0] ?? "",
  };
  const missing = Object.entries(lists).flatMap(([list, text]) =>
    paths.filter((path) => !text.includes(path)).map((path) => `add ${path} to ${list}`)
  );
  assertEquals(missing, []);
});
