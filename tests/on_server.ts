/**
 * Prints the test files that `.ci/run` repeats on a PostgreSQL server: those that import, at whatever
 * distance, a file that reads `TEST_DATABASE_URL`. All others would do the same again.
 */

import { listFiles, readFile, ROOT } from "./docs/files.ts";

/** Files and folders that are not repeated, although they use a Postgres, with the reason. */
export const NOT_REPEATED: Readonly<Record<string, string>> = {
  "tests/client/": "its subject is the SDK, which knows nothing of Postgres",
  "tests/e2e/": "its subject is what runs in Chromium",
  "tests/hostile/storm_test.ts": "requests that Postgres never sees, for half a minute",
  "tests/packages/": "its subject is what npm installs",
};

/** Imports, and files that are started as processes or workers. */
const DEPENDENCY = /(?:from|import|import\(|new URL\()\s*"(\.{1,2}\/[^"]+\.tsx?)"/g;

const READS_SETTING = /Deno\.env\.\w+\("TEST_DATABASE_URL"\)/;

/** The test files that use the Postgres of the whole run, by their paths. */
export function usersOfPostgres(): Promise<string[]> {
  return usersOf(READS_SETTING);
}

/** The test files that import, at whatever distance, a file of tests with such a text. */
export async function usersOf(pattern: RegExp): Promise<string[]> {
  const files = await listFiles("tests/", [".ts", ".tsx"]);
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, await readFile(file));
  const users = new Set(
    [...texts].filter(([, text]) => pattern.test(text)).map(([file]) => file),
  );
  for (let before = 0; before < users.size;) {
    before = users.size;
    for (const [file, text] of texts) {
      if (dependenciesOf(file, text).some((other) => users.has(other))) users.add(file);
    }
  }
  return files.filter((file) => /_test\.tsx?$/.test(file) && users.has(file));
}

function dependenciesOf(file: string, text: string): string[] {
  return [...text.matchAll(DEPENDENCY)].map(([, specifier = ""]) =>
    new URL(specifier, new URL(file, ROOT)).href.slice(ROOT.href.length)
  );
}

/** Whether a file is named by `NOT_REPEATED`. */
export function isException(file: string): boolean {
  return Object.keys(NOT_REPEATED).some((name) =>
    file === name || name.endsWith("/") && file.startsWith(name)
  );
}

if (import.meta.main) {
  const files = (await usersOfPostgres()).filter((file) => !isException(file));
  Deno.stdout.writeSync(new TextEncoder().encode(`${files.join("\n")}\n`));
}
