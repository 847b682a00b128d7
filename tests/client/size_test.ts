import { assertLessOrEqual } from "../support/assert.ts";
import { assertStatedSize } from "../support/stated_size.ts";
import { bundle } from "../../src/build/bundle.ts";
import { toAsset } from "../../src/http/assets.ts";

const SCRIPT_BYTES = 8_500;
const CLIENT = new URL("../../src/client/", import.meta.url);

const script = await bundle({
  entry: new URL("script.ts", CLIENT),
  format: "iife",
  mangleInternal: true,
});
const bytes = toAsset(script).gzip.length; // as it is served

Deno.test("the SDK's script is at most 8.5 KB as it is served, and the README says so", async () => {
  assertLessOrEqual(bytes, SCRIPT_BYTES);
  const readme = await Deno.readTextFile(new URL("README.md", CLIENT));
  assertStatedSize(readme, { part: "Everything, as `/analytics.js`", bytes });
});
