/** The snippets of the README run in Deno, too: in this repository, and with the built package. */

import { join } from "node:path";
import { builtPackage } from "../support/built_package.ts";
import { assertEquals } from "../support/assert.ts";
import { ROOT } from "../support/command.ts";

const SNIPPET = `
import { createAnalytics, trackPageViews } from "@sluice/client";
const analytics = createAnalytics({ url: "https://events.example.com" });
trackPageViews(analytics);
analytics.track("license_signed", { license_id: "lic_1" });
console.log(typeof analytics.identify, analytics.getSessionId());
Deno.exit(0);
`;

/** The second line is a warning. */
const PRINTED = "function null\nSluice: no document, use @sluice/client/native or @sluice/server\n";

/** Type-checks and runs a script, in a project without a lock file. */
async function run(config: string, folder: string): Promise<string> {
  const file = join(folder, "snippet.ts");
  await Deno.writeTextFile(file, SNIPPET);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--check", "--no-lock", "-A", `--config=${config}`, file],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("@sluice/client resolves in this repository", async () => {
  const folder = await Deno.makeTempDir({ dir: join(ROOT, "tests/client"), prefix: "snippet-" });
  try {
    assertEquals(await run(join(ROOT, "deno.json"), folder), PRINTED);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("@sluice/client resolves in another project that maps it to the built package", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-deno-" });
  try {
    for (const [name, text] of (await builtPackage("client")).files) {
      await Deno.mkdir(join(folder, "client", name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, "client", name), text);
    }
    const config = {
      imports: { "@sluice/client": "./client/esm/mod.js" },
      compilerOptions: { lib: ["dom", "deno.ns", "esnext"] },
    };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
    assertEquals(await run(join(folder, "deno.json"), folder), PRINTED);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
