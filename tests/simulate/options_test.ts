import { assertEquals, assertThrows } from "../support/assert.ts";
import { OptionsError, parseOptions } from "../../src/simulate/options.ts";

function complaint(...args: string[]): string {
  return assertThrows(() => parseOptions(args), OptionsError).message;
}

Deno.test("without arguments, 50 events/s go to the development port for half a minute", () => {
  assertEquals(parseOptions([]), {
    url: "http://localhost:3000",
    eventsPerSecond: 50,
    seconds: 30,
    concurrency: 16,
    seed: 1,
    secret: null,
    json: false,
    help: false,
  });
});

Deno.test("arguments are read with and without an equals sign", () => {
  const { url, eventsPerSecond, json } = parseOptions([
    "--url=https://sluice.test/",
    "--rate",
    "2.5",
    "--json",
  ]);
  assertEquals([url, eventsPerSecond, json], ["https://sluice.test", 2.5, true]);
});

Deno.test("a wrong argument is named with its value and what it takes", () => {
  assertEquals(
    complaint("--rate", "fast"),
    '--rate is "fast"; it takes a number from 1 to 100000.',
  );
  assertEquals(
    complaint("--seconds", "-1"),
    '--seconds is "-1"; it takes a number from 0.1 to 86400.',
  );
  assertEquals(
    complaint("--concurrency=1.5"),
    '--concurrency is "1.5"; it takes a whole number from 1 to 1024.',
  );
  assertEquals(
    complaint("--url", "localhost:3000"),
    '--url is "localhost:3000"; it takes a URL that begins with http:// or https://.',
  );
  assertEquals(complaint("--seed"), "--seed has no value.");
  assertEquals(
    complaint("--speed", "1"),
    '"--speed" is no argument; simulate takes --url, --rate, --seconds, --concurrency, --seed, --secret, --json, --help.',
  );
});

Deno.test("a secret that is too short is not shown", () => {
  assertEquals(
    complaint("--secret", "hush"),
    "--secret is a value not shown here; it takes a secret of at least 32 bytes.",
  );
});
