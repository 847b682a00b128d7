import { gzipSync } from "node:zlib";
import { DIST } from "../../src/service.ts";
import { assert } from "../support/assert.ts";

/** Bytes after gzip. */
const LIMITS = { "dashboard.js": 60_000, "dashboard.css": 8_000, "sign_in.js": 500 };

Deno.test("the dashboard's bundles stay within their size limits", async () => {
  for (const [name, limit] of Object.entries(LIMITS)) {
    const bundle = await Deno.readFile(new URL(name, DIST)).catch(() => null);
    assert(bundle, `dist/${name} is missing: run \`deno task build\``);
    const { length } = gzipSync(bundle, { level: 9 });
    assert(length > 0 && length < limit, `${name}: ${length} bytes, limit ${limit}`);
  }
});
