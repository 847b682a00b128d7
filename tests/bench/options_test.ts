import { assertEquals, assertThrows } from "../support/assert.ts";
import { DEFAULT_JSON, OptionsError, parseOptions } from "./options.ts";
import { FULL, QUICK } from "./scale.ts";

const KNOWN = ["track", "batch", "enrichment"];

function errorOf(...args: string[]): string {
  return assertThrows(() => parseOptions(args, KNOWN), OptionsError).message;
}

Deno.test("without arguments every part runs at full scale", () => {
  assertEquals(parseOptions([], KNOWN), {
    parts: KNOWN,
    scale: FULL,
    json: DEFAULT_JSON,
    markdown: false,
    profile: null,
    help: false,
  });
});

Deno.test("only named parts run, in the order of the suite", () => {
  assertEquals(parseOptions(["enrichment", "TRACK"], KNOWN).parts, ["track", "enrichment"]);
});

Deno.test("--quick shrinks the run, and --repeats and --seconds still apply", () => {
  const { scale } = parseOptions(["--quick", "--repeats=1", "--seconds", "0.5"], KNOWN);
  assertEquals(scale, { ...QUICK, repeats: 1, seconds: 0.5 });
});

Deno.test("--long adds the check for memory growth", () => {
  assertEquals(parseOptions(["--long"], KNOWN).scale, { ...FULL, growthSeconds: 600 });
});

Deno.test("--json sets the path of the figures", () => {
  assertEquals(parseOptions(["--json=a b.json"], KNOWN).json, "a b.json");
});

Deno.test("--markdown prints the figures as Markdown", () => {
  assertEquals(parseOptions(["--markdown"], KNOWN).markdown, true);
});

Deno.test("--profile sets the folder of the profiles", () => {
  assertEquals(parseOptions(["track", "--profile", "profiles"], KNOWN).profile, "profiles");
});

Deno.test("an error names the wrong argument and what is accepted", () => {
  assertEquals(
    errorOf("p"),
    'Unknown argument "p"; the arguments are track, batch, enrichment, --quick, --long, --markdown, --help, --json, --repeats, --seconds, --profile.',
  );
  assertEquals(errorOf("--repeats"), "--repeats needs a value.");
  assertEquals(errorOf("--repeats", "0"), '--repeats must be a number from 1 to 99, got "0".');
  assertEquals(
    errorOf("--seconds=0.0"),
    '--seconds must be a number above 0 and below 1000, got "0.0".',
  );
});
