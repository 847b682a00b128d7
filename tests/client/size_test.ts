import { gzipSync } from "node:zlib";
import { assert, assertLessOrEqual } from "../support/assert.ts";
import { bundle } from "../../src/build/bundle.ts";
import { buildClient } from "../../src/build/client.ts";

const CORE_BYTES = 4.4 * 1024;
const REACT_BYTES = 1024;
const CLIENT = new URL("../../src/client/", import.meta.url);

const { sizes } = await buildClient();

Deno.test("the SDK's core is at most 4.4 KB after gzip, and the React part 1 KB more", () => {
  assertLessOrEqual(sizes.core, CORE_BYTES);
  assertLessOrEqual(sizes.react, REACT_BYTES);
});

Deno.test("the sizes in the SDK's README are those of the build, within 0.1 KB", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", CLIENT));
  const script = await bundle({
    entry: new URL("script.ts", CLIENT),
    format: "iife",
    mangleInternal: true,
  });
  const rows = {
    "`createAnalytics`": sizes.core,
    "`createAnalytics` with all helpers": sizes.all,
    "`@sluice/client/react`, in addition": sizes.react,
    "Everything, as `/analytics.js`": gzipSync(script, { level: 9 }).length,
  };
  for (const [part, bytes] of Object.entries(rows)) {
    const line = readme.split("\n").find((line) => line.startsWith(`| ${part} `));
    assert(line, `README.md has no size of ${part}`);
    const stated = Number(/([\d.]+) KB/.exec(line)?.[1]);
    assertLessOrEqual(
      Math.abs(stated - bytes / 1024),
      0.1,
      `${part}: README.md says ${stated} KB, the build has ${(bytes / 1024).toFixed(2)} KB`,
    );
  }
});
