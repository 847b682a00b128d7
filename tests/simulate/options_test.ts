import { assertEquals, assertThrows } from "../support/assert.ts";
import { OptionsError, parseOptions } from "../../src/simulate/options.ts";

function messageOf(...args: string[]): string {
  return assertThrows(() => parseOptions(args), OptionsError).message;
}

Deno.test("without arguments, 50 events/s are sent to localhost:3000 for 30 s", () => {
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

Deno.test("arguments are accepted with and without an equals sign", () => {
  const { url, eventsPerSecond, json } = parseOptions([
    "--url=https://sluice.test/",
    "--rate",
    "2.5",
    "--json",
  ]);
  assertEquals([url, eventsPerSecond, json], ["https://sluice.test", 2.5, true]);
});

Deno.test("an invalid argument is reported with its value and what it must be", () => {
  assertEquals(
    messageOf("--rate", "fast"),
    '--rate must be a number from 1 to 100000, got "fast".',
  );
  assertEquals(
    messageOf("--seconds", "-1"),
    '--seconds must be a number from 0.1 to 86400, got "-1".',
  );
  assertEquals(
    messageOf("--concurrency=1.5"),
    '--concurrency must be a whole number from 1 to 1024, got "1.5".',
  );
  assertEquals(
    messageOf("--url", "localhost:3000"),
    '--url must be a URL that starts with http:// or https://, got "localhost:3000".',
  );
  assertEquals(messageOf("--seed"), "--seed needs a value.");
  assertEquals(
    messageOf("--speed", "1"),
    'Unknown argument "--speed"; the arguments are --url, --rate, --seconds, --concurrency, --seed, --secret, --json, --help.',
  );
});

Deno.test("a secret that is too short is rejected without being shown", () => {
  assertEquals(
    messageOf("--secret", "hush"),
    "--secret must be at least 32 bytes long.",
  );
});
