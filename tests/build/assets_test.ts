import { pathToFileURL } from "node:url";
import { buildAssets } from "../../src/build/assets.ts";
import { type Build, isBuilt, recordBuild } from "../../src/build/built.ts";
import { assertEquals } from "../support/assert.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-build-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is built already is not bundled again", () =>
  inFolder(async (folder) => {
    const dist = pathToFileURL(`${folder}/dist/`);
    let bundled = 0;
    const build = () =>
      buildAssets({ dist, bundleEntry: (entry) => Promise.resolve(`${++bundled} ${entry}`) });
    await build();
    const all = bundled;
    await build();
    assertEquals(bundled, all);
    await Deno.writeTextFile(new URL("dashboard.css", dist), "edited");
    await build();
    assertEquals(bundled, 2 * all);
    await Deno.remove(new URL("demo.js", dist));
    await build();
    await build();
    assertEquals(bundled, 3 * all);
  }));

Deno.test("a build is out of date once a source changed, appeared or vanished, but not a document", () =>
  inFolder(async (folder) => {
    const at = (path: string) => pathToFileURL(`${folder}/${path}`);
    await Deno.mkdir(at("src/deep"), { recursive: true });
    const write = (path: string, text: string) => Deno.writeTextFile(at(path), text);
    await write("src/a.ts", "a");
    await write("src/deep/b.ts", "b");
    await write("deno.json", "{}");
    await write("out.js", "ab");
    const build: Build = {
      inputs: [at("src/"), at("deno.json")],
      outputs: [at("out.js")],
      record: at("built"),
    };
    const changes: Record<string, () => Promise<void>> = {
      "the first build": () => Promise.resolve(),
      "a changed source": () => write("src/deep/b.ts", "c"),
      "a new source": () => write("src/c.ts", "c"),
      "a source that vanished": () => Deno.remove(at("src/a.ts")),
      "other packages": () => write("deno.json", '{"imports":{}}'),
    };
    for (const [what, change] of Object.entries(changes)) {
      await change();
      assertEquals(await isBuilt(build), false, what);
      await recordBuild(build);
      assertEquals(await isBuilt(build), true, what);
    }
    await write("src/README.md", "#");
    assertEquals(await isBuilt(build), true, "a document");
    assertEquals(await isBuilt({ ...build, withDocuments: true }), false, "one that counts");
  }));
