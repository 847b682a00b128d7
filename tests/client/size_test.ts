import { assert, assertLessOrEqual } from "../support/assert.ts";
import { bundle } from "../../src/build/bundle.ts";
import { buildClient } from "../../src/build/client.ts";
import { toAsset } from "../../src/http/assets.ts";

const CORE_BYTES = 5_400;
const REACT_BYTES = 1_000;
const SCRIPT_BYTES = 8_400;
const CLIENT = new URL("../../src/client/", import.meta.url);

const { sizes } = await buildClient();

const script = await bundle({
  entry: new URL("script.ts", CLIENT),
  format: "iife",
  mangleInternal: true,
});
const scriptBytes = toAsset(script).gzip.length; // as it is served

Deno.test("the SDK is at most 5.4 KB after gzip as a package, 1 KB more with React, 8.4 KB as a script", () => {
  assertLessOrEqual(sizes.core, CORE_BYTES);
  assertLessOrEqual(sizes.react, REACT_BYTES);
  assertLessOrEqual(scriptBytes, SCRIPT_BYTES);
});

Deno.test("the sizes in the SDK's README are those of the build, within 0.1 KB", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", CLIENT));
  const rows = {
    "`createAnalytics`": sizes.core,
    "`createAnalytics` with all helpers": sizes.all,
    "`@sluice/client/react`, in addition": sizes.react,
    "Everything, as `/analytics.js`": scriptBytes,
  };
  for (const [part, bytes] of Object.entries(rows)) {
    const line = readme.split("\n").find((line) => line.startsWith(`| ${part} `));
    assert(line, `README.md has no size of ${part}`);
    const stated = Number(/([\d.]+) KB/.exec(line)?.[1]);
    assertLessOrEqual(
      Math.abs(stated - bytes / 1000),
      0.1,
      `${part}: README.md says ${stated} KB, the build has ${(bytes / 1000).toFixed(2)} KB`,
    );
  }
});

Deno.test("the changelog states the size of the package", async () => {
  const changelog = await Deno.readTextFile(new URL("../../.github/CHANGELOG.md", CLIENT));
  const stated = Number(/^- ([\d.]+) KB, no dependencies/m.exec(changelog)?.[1]);
  assertLessOrEqual(Math.abs(stated - sizes.core / 1000), 0.1, `it says ${stated} KB`);
});
