/** The packed packages resolve everywhere: publint, are-the-types-wrong, TypeScript and Node agree. */

import { join } from "node:path";
import { assertEquals } from "../support/assert.ts";
import { packAll } from "./support/pack.ts";
import { installProject, type Project } from "./support/project.ts";

interface Fixture extends AsyncDisposable {
  readonly project: Project;
  readonly tarballs: Readonly<Record<string, string>>;
}

/** What `load.mjs` prints of a part. */
interface Loaded {
  readonly names: string;
  /** Whether `require` has the names of `import`. */
  readonly required: boolean;
  /** Whether a `require` that ignores `exports` and knows CommonJS only has them. */
  readonly requiredOld: boolean;
  readonly file: string;
}

async function openFixture(): Promise<Fixture> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-resolution-" });
  const tarballs = await packAll(join(folder, "tarballs"));
  const project = await installProject(
    { tarballs, folder, say: () => {} },
    "node",
    "resolution",
  );
  return {
    project,
    tarballs,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("packages resolve with and without `exports`, by `import` and by `require`", async (t) => {
  await using fixture = await openFixture();
  const { project, tarballs } = fixture;

  for (const [name, tarball] of Object.entries(tarballs)) {
    await t.step(`publint has nothing to say about ${name}`, async () => {
      const { out } = await project.run(["publint", "run", "--strict", tarball]);
      assertEquals(out.trim().split("\n").at(-1), "All good!");
    });

    await t.step(`the types of ${name} are right with every resolution`, async () => {
      await project.run(["attw", "--no-color", tarball]); // exits with 1 if it finds a problem
    });
  }

  await t.step("types compile with TypeScript's resolution of Node 10", async () => {
    const options = ["--module", "commonjs", "--moduleResolution", "node10"];
    await project.run(["node", "node_modules/typescript-5/bin/tsc", ...options]);
  });

  await t.step("types compile with TypeScript 4.7 and tRPC 10", async () => {
    await project.run(["node", "node_modules/typescript-4/bin/tsc", "-p", "tsconfig.old.json"]);
  });

  await t.step("each part has the same exports by import, require and old resolution", async () => {
    const { out } = await project.run(["node", "load.mjs", ...Object.keys(tarballs)]);
    const found: Record<string, Loaded> = JSON.parse(out);
    assertEquals(
      Object.entries(found).map(([part, loaded]) => [
        part,
        loaded.required,
        loaded.requiredOld,
        loaded.file,
      ]),
      [
        ["@sluice/api", true, true, "cjs/mod.js"],
        ["@sluice/api/v10", true, true, "cjs/v10.js"],
        ["@sluice/client", true, true, "cjs/mod.js"],
        ["@sluice/client/native", true, true, "cjs/native.js"],
        ["@sluice/client/react", true, true, "cjs/react.js"],
        ["@sluice/server", true, true, "cjs/index.js"],
      ],
    );
    // Of types there is nothing to load.
    const empty = Object.entries(found).filter(([, { names }]) => names === "");
    assertEquals(empty.map(([part]) => part), ["@sluice/api", "@sluice/api/v10"]);
  });
});
