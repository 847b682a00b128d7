import { assertEquals, assertThrows } from "../support/assert.ts";
import { DEFAULT_JSON, OptionsError, parseOptions } from "./options.ts";
import { FULL, QUICK } from "./scale.ts";

const KNOWN = ["track", "batch", "enrichment"];

function complaint(...args: string[]): string {
  return assertThrows(() => parseOptions(args, KNOWN), OptionsError).message;
}

Deno.test("without arguments every part runs, in full", () => {
  assertEquals(parseOptions([], KNOWN), {
    parts: KNOWN,
    scale: FULL,
    json: DEFAULT_JSON,
    profile: null,
    help: false,
  });
});

Deno.test("parts that are named run alone, in the order of the suite", () => {
  assertEquals(parseOptions(["enrichment", "TRACK"], KNOWN).parts, ["track", "enrichment"]);
});

Deno.test("a quick run is smaller, and what is said by name holds for it too", () => {
  const { scale } = parseOptions(["--quick", "--repeats=1", "--seconds", "0.5"], KNOWN);
  assertEquals(scale, { ...QUICK, repeats: 1, seconds: 0.5 });
});

Deno.test("only a long run watches whether memory grows", () => {
  assertEquals(parseOptions(["--long"], KNOWN).scale, { ...FULL, growthSeconds: 600 });
});

Deno.test("the figures go where they are told to", () => {
  assertEquals(parseOptions(["--json=a b.json"], KNOWN).json, "a b.json");
});

Deno.test("profiles go where they are told to", () => {
  assertEquals(parseOptions(["track", "--profile", "profiles"], KNOWN).profile, "profiles");
});

Deno.test("a wrong argument is named, with what is taken", () => {
  assertEquals(
    complaint("p9"),
    '"p9" is no argument; bench takes track, batch, enrichment, --quick, --long, --help, --json, --repeats, --seconds, --profile.',
  );
  assertEquals(complaint("--repeats"), "--repeats has no value.");
  assertEquals(complaint("--repeats", "0"), '--repeats is "0"; it takes a number, 1 to 99.');
  assertEquals(
    complaint("--seconds=0.0"),
    '--seconds is "0.0"; it takes a number, above 0 and below 1000.',
  );
});
