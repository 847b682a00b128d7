import { assertThrows } from "../support/assert.ts";
import type { AnalyticsOptions } from "../../src/client/types.ts";
import { open } from "./open.ts";

const invalidOptions: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ url: undefined }, "url must be an http(s) URL, got undefined"],
  [{ url: "ftp://a.example" }, "url must be an http(s) URL, got ftp://a.example"],
  [{ batchSize: 0 }, "batchSize must be at least 1, got 0"],
  [{ flushIntervalMs: NaN }, "flushIntervalMs must be at least 1, got NaN"],
  [{ maxQueued: "many" }, "maxQueued must be at least 1, got many"],
];

for (const [options, message] of invalidOptions) {
  Deno.test(`10.1 options: ${message}`, () => {
    assertThrows(() => open(options as Partial<AnalyticsOptions>), TypeError, message);
  });
}
